//! Labs come, stand beside each other, and go without a trace, whatever happens in between.
//! Needs root and Open vSwitch.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use alcor_lab::{Lab, LabError, LabName, Role, Settings, VmSpec, down};
use alcor_types::MacAddr;
use std::fs;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use uuid::Uuid;

const LONG: Duration = Duration::from_secs(20);

/// What is left of a lab: namespaces by name, processes that speak of its folder, the folder.
/// Found without the lab's own code.
fn remains(settings: &Settings) -> Vec<String> {
    let dir = settings.base.join(settings.name.as_str());
    let prefix = format!("alcor-{}-", settings.name);
    let mut found = Vec::new();
    for entry in fs::read_dir("/run/netns").into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap();
        found.extend(name.starts_with(&prefix).then_some(name));
    }
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        for file in ["cmdline", "environ"] {
            let bytes = fs::read(entry.path().join(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
            found.extend(text.contains(dir.to_str().unwrap()).then_some(text));
        }
    }
    found.extend(dir.exists().then(|| dir.display().to_string()));
    found
}

fn spec(name: &str, host: u16) -> VmSpec {
    let mac = MacAddr([2, 0, 0, 0, 0, 1]);
    VmSpec::new(name, host, Uuid::new_v4().into(), mac).unwrap()
}

async fn bridge(lab: &Lab, host: u16) {
    let args = "add-br br-int -- set Bridge br-int datapath_type=netdev";
    lab.vsctl(host, args.split(' ')).await.unwrap();
}

/// A stand-in for the binary: says that it is ready, or whatever the script does.
fn script(lab: &Lab, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = lab.dir().join("program.sh");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}

/// Waits until a program has written a whole line: one that was only just started could be
/// killed before it says anything.
async fn spoken(lab: &Lab, role: Role) {
    let began = Instant::now();
    while !fs::read_to_string(lab.log_file(role)).is_ok_and(|log| log.contains('\n')) {
        assert!(began.elapsed() < LONG, "{role:?} says nothing");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn down_leaves_no_namespace_process_or_file() {
    let settings = Settings::hosts(2);
    let guard = Lab::up(settings.clone()).await.unwrap().guard();
    bridge(&guard, 1).await;
    guard
        .add_vms(vec![spec("a", 1), spec("b", 1)])
        .await
        .unwrap();
    let program = script(&guard, "exec sleep 1000");
    guard.start_agent(2, program, ["--fake"]).await.unwrap();
    // One that nobody recorded, and one that does not care for requests.
    let stubborn = ["sh", "-c", "trap '' TERM; sleep 1000"];
    let mut child = guard.command("a", stubborn).unwrap().spawn().unwrap();
    assert!(remains(&settings).len() > 8);
    let downed = guard.down().await.unwrap();
    child.wait().unwrap();
    assert_eq!(remains(&settings), [""; 0]);
    assert_eq!((downed.namespaces, downed.folder), (5, true));
    assert!(downed.processes >= 6, "{downed:?}");
    let again = down(&settings.base, &settings.name).unwrap();
    assert_eq!(
        (again.processes, again.namespaces, again.folder),
        (0, 0, false)
    );
}

#[tokio::test]
async fn a_panic_takes_the_lab_down() {
    let settings = Settings::hosts(1);
    let guard = Lab::up(settings.clone()).await.unwrap().guard();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _held = guard;
        panic!("a test fails here on purpose");
    }));
    assert!(panicked.is_err());
    assert_eq!(remains(&settings), [""; 0]);
}

#[tokio::test]
async fn a_lab_whose_owner_crashed_is_opened_and_taken_down_by_name() {
    let settings = Settings::hosts(1);
    let guard = Lab::up(settings.clone()).await.unwrap().guard();
    mem::forget(guard);
    let lab = Lab::open(&settings.base, &settings.name).unwrap();
    assert!(Lab::list(&settings.base).unwrap().contains(&settings.name));
    assert!(lab.pid(Role::Vswitchd(1)).unwrap().is_some());
    down(&settings.base, &settings.name).unwrap();
    assert_eq!(remains(&settings), [""; 0]);
    assert!(matches!(lab.status(), Err(LabError::NoLab { .. })));
}

#[tokio::test]
async fn two_labs_do_not_disturb_each_other() {
    let (one, two) = (Settings::hosts(1), Settings::hosts(1));
    let (first, second) = tokio::join!(Lab::up(one.clone()), Lab::up(two.clone()));
    let (first, second) = (first.unwrap().guard(), second.unwrap().guard());
    assert_eq!(first.tunnel_ip(1), second.tunnel_ip(1));
    assert_ne!(first.rest_url().unwrap(), second.rest_url().unwrap());
    for lab in [&first, &second] {
        bridge(lab, 1).await;
        lab.add_vm(spec("a", 1)).await.unwrap();
    }
    drop(first);
    assert_eq!(remains(&one), [""; 0]);
    let addresses = second
        .exec("h1", ["ip", "-br", "address"], LONG)
        .await
        .unwrap();
    assert!(addresses.stdout.contains("172.30.0.1/16"), "{addresses:?}");
    assert!(second.vsctl(1, ["show"]).await.unwrap().contains("tapa"));
    let taken = Lab::up(two.clone()).await;
    assert!(matches!(taken, Err(LabError::Exists { .. })));
    assert!(second.pid(Role::Ovsdb(1)).unwrap().is_some());
    drop(second);
    assert_eq!(remains(&two), [""; 0]);
}

#[tokio::test]
async fn a_name_is_taken_once_and_a_failed_vm_leaves_its_name_free() {
    let lab = Lab::up(Settings::hosts(1)).await.unwrap().guard();
    bridge(&lab, 1).await;
    let (one, two) = tokio::join!(lab.add_vm(spec("a", 1)), lab.add_vm(spec("a", 1)));
    assert_eq!([one, two].iter().filter(|made| made.is_ok()).count(), 1);
    let nowhere = lab.add_vms(vec![spec("b", 1), spec("c", 2)]).await;
    assert!(matches!(nowhere, Err(LabError::NoHost(2))));
    // Two of a batch want one name: neither is made.
    assert!(lab.add_vms(vec![spec("b", 1), spec("b", 1)]).await.is_err());
    lab.add_vm(spec("b", 1)).await.unwrap();
    let names: Vec<_> = lab.status().unwrap().vms;
    assert_eq!(names.len(), 2);
}

#[tokio::test]
async fn programs_are_started_stopped_and_started_again_by_any_handle() {
    let lab = Lab::up(Settings::hosts(1)).await.unwrap().guard();
    let agent = Role::Agent(1);
    assert!(matches!(
        lab.start(agent).await,
        Err(LabError::NeverStarted(_))
    ));
    let program = script(&lab, "echo \"$@\"; exec sleep 1000");
    lab.start_agent(1, &program, ["--extra"]).await.unwrap();
    let twice = lab.start_agent(1, &program, ["--extra"]).await;
    assert!(matches!(twice, Err(LabError::Running(_))));
    spoken(&lab, agent).await;
    let other = Lab::open(lab.dir().parent().unwrap(), lab.name()).unwrap();
    let pid = other.pid(agent).unwrap();
    other.kill(agent).await.unwrap();
    assert_eq!(lab.pid(agent).unwrap(), None);
    lab.start(agent).await.unwrap();
    assert_ne!(lab.pid(agent).unwrap(), pid);
    lab.stop(agent).await.unwrap();
    assert!(matches!(
        lab.stop(agent).await,
        Err(LabError::NotRunning(_))
    ));
    let log = fs::read_to_string(lab.log_file(agent)).unwrap();
    let tunnel = "agent --extra --host-id h1 --region http://127.0.0.1:";
    assert!(log.starts_with(tunnel), "{log}");
    assert!(
        log.contains("--tunnel-ip 172.30.0.1 --ovsdb unix:/"),
        "{log}"
    );
}

#[tokio::test]
async fn a_region_that_does_not_start_shows_its_log() {
    let lab = Lab::up(Settings::hosts(0)).await.unwrap().guard();
    let program = script(&lab, "echo no such disk >&2; exit 3");
    let refused = lab.start_region(program, [""; 0]).await.unwrap_err();
    assert!(refused.to_string().contains("no such disk"), "{refused}");
    let ready = "while :; do printf 'HTTP/1.1 200 OK\\r\\n\\r\\n' | \
                 busybox nc -l -p \"${3#*:}\" >/dev/null; done";
    let program = script(&lab, ready);
    lab.start_region(program, [""; 0]).await.unwrap();
    assert!(lab.status().unwrap().region.pid.is_some());
}

#[test]
fn a_stranger_s_folder_is_not_removed() {
    let base = tempfile::tempdir().unwrap();
    let name: LabName = "precious".parse().unwrap();
    let folder = base.path().join("precious");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("thesis"), "years of work").unwrap();
    assert!(down(base.path(), &name).is_err());
    assert!(folder.join("thesis").exists());
}
