//! A region on a disk, and what a life knows of it.

use super::area::{self, kinds};
use super::crash::{self, Fault};
use super::kind::Kind;
use super::model::{Lists, Model, texts};
use super::quotas::{self, PROJECTS, Quotas};
use super::step::{Ask, Request, Step, plan};
use super::{laws, revisions, start};
use crate::region::{Answer, Region};
use alcor_managers::audit;
use alcor_managers::segment::range;
use alcor_store::Txn;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// What a life knows at one moment.
#[derive(Clone, Default)]
struct Known {
    model: Model,
    lists: Lists,
    quotas: Quotas,
}

pub(super) struct World {
    folder: TempDir,
    region: Region,
    fault: Arc<Mutex<Option<Fault>>>,
    now: Known,
    /// What was known after each step, for a disk that loses the last of them.
    past: Vec<Known>,
    /// What is asked for.
    kinds: Vec<&'static Kind>,
    /// How far the disk was written when the life began.
    birth: Option<(PathBuf, usize)>,
}

impl World {
    /// A region with hosts, and perhaps with something built on them.
    pub(super) async fn begin(settled: bool, kinds: Vec<&'static Kind>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (region, fault) = start::open(folder.path());
        let mut world = Self {
            folder,
            region,
            fault,
            now: Known::default(),
            past: Vec::new(),
            kinds,
            birth: None,
        };
        let install = |txn: &mut Txn<'_>| range::install_defaults(txn, &start::settings());
        world.region.store.transact(install).await.unwrap();
        for (number, name) in area::HOSTS.iter().enumerate() {
            let node = json!({ "node_name": name, "local_ip": format!("192.0.2.{}", number + 1) });
            let node = world.region.post("/nodes", json!({ "host_info": node }));
            node.await.expect(201);
        }
        if settled {
            start::settled(&world.region).await;
        }
        let lists = world.lists().await;
        world.take(lists);
        world.reopen(|_| {}).await;
        world
    }

    /// Does the step, and panics where a law is broken.
    pub(super) async fn step(&mut self, step: &Step) {
        match step {
            Step::Request(ask, kind, at) => self.ask(*ask, *kind, *at).await,
            Step::Crash(ask, kind, at, fault) => self.die(*ask, *kind, *at, *fault).await,
            Step::Limit(project, of, limit, force) => {
                self.limit(*project, *of, *limit, *force).await;
            }
            Step::Unlimit(project) => self.unlimit(*project).await,
            Step::Restart => {
                self.reopen(|_| {}).await;
                let lists = self.lists().await;
                assert_eq!(lists, self.now.lists, "a restart changed something");
            }
            Step::Tear(bytes) => self.tear(*bytes).await,
        }
        for project in PROJECTS {
            let path = format!("/v2.0/quotas/{project}/details");
            let details = self.region.get(&path).await.expect(200);
            let known = &self.now;
            known
                .quotas
                .check_details(project, &details["quota"], &known.lists);
        }
        let faults = audit(&self.region.store.snapshot()).unwrap();
        assert_eq!(faults, [""; 0], "after {step:?}");
        self.past.push(self.now.clone());
    }

    /// Everything that was deleted is asked for once more.
    pub(super) async fn end(&self) {
        for place in self.now.model.gone() {
            self.region.get(&format!("/v2.0/{place}")).await.expect(404);
        }
    }

    /// What all lists show.
    async fn lists(&self) -> Lists {
        let mut lists = Lists::new();
        for kind in kinds() {
            let collections = match kind.parent {
                None => vec![kind.path.to_owned()],
                Some(parent) => lists[parent]
                    .keys()
                    .map(|place| format!("{place}/{}", kind.path))
                    .collect(),
            };
            let rows = lists.entry(kind.path).or_default();
            for path in collections {
                let shown = self.region.get(&format!("/v2.0/{path}")).await;
                // Only ports of servers have a list of bindings.
                if kind.path == "bindings" && shown.status == 400 {
                    continue;
                }
                for row in shown.expect(200)[kind.plural].as_array().unwrap() {
                    let place = format!("{path}/{}", row[kind.id].as_str().unwrap());
                    let twice = rows.insert(place, row.clone());
                    assert_eq!(twice, None, "{path} shows one twice");
                }
            }
        }
        let quotas = self.region.get("/v2.0/quotas").await.expect(200);
        let own = quotas["quotas"].as_array().unwrap().iter();
        let own = own.map(|row| (row["project_id"].to_string(), row.clone()));
        lists.insert("quotas", own.collect());
        lists
    }

    fn take(&mut self, lists: Lists) {
        self.now.model.settle(kinds(), &lists);
        laws::hold(&lists, &self.now.model);
        self.now.quotas.hold(&self.now.lists, &lists);
        self.now.lists = lists;
    }

    async fn send(&self, request: &Request) -> Answer {
        let path = format!("/v2.0/{}", request.path);
        let body = request.body.as_ref();
        self.region.call(request.method, &path, &[], body).await
    }

    async fn ask(&mut self, ask: Ask, kind: usize, at: [usize; 4]) {
        let kind = self.kinds[kind % self.kinds.len()];
        let Some(request) = plan(ask, kind, at, &self.now.model) else {
            return;
        };
        let answer = self.send(&request).await;
        let granted = answer.status.is_success();
        laws::answered(&request, &answer);
        self.now.quotas.judge(&request, &answer, &self.now.lists);
        self.judge(&request, granted);
        let lists = self.lists().await;
        if !granted {
            assert_eq!(lists, self.now.lists, "{request:?} was refused halfway");
            return;
        }
        revisions::hold(&self.now.lists, &lists);
        self.take(lists);
        match ask {
            Ask::Make => {
                let one = answer.body[kind.singular][kind.id].as_str().unwrap();
                let place = format!("{}/{one}", request.path);
                self.shows(&place, &answer.body[kind.singular], kind.singular)
                    .await;
            }
            Ask::Change => {
                let shown = &answer.body[kind.singular];
                // A change of what tells it from others has moved it.
                let one = shown[kind.id].as_str().unwrap();
                let (collection, _) = request.path.rsplit_once('/').unwrap();
                let place = format!("{collection}/{one}");
                self.shows(&place, shown, kind.singular).await;
            }
            Ask::Drop => {
                self.region
                    .get(&format!("/v2.0/{}", request.path))
                    .await
                    .expect(404);
            }
            Ask::Act | Ask::Tag | Ask::Untag => {}
        }
    }

    /// Panics where the answer, the list and the resource's own path tell different things.
    async fn shows(&self, place: &str, answered: &Value, singular: &str) {
        let shown = self.region.get(&format!("/v2.0/{place}")).await.expect(200);
        assert_eq!(&shown[singular], answered, "{place}");
        let listed = self.now.lists.values().find_map(|rows| rows.get(place));
        assert_eq!(listed, Some(answered), "{place}");
    }

    /// Panics where something was granted that names what is gone.
    fn judge(&self, request: &Request, granted: bool) {
        let body = request.body.iter().flat_map(texts);
        let named = request.path.split('/').chain(body);
        let gone: Vec<&str> = named.filter(|text| self.now.model.is_gone(text)).collect();
        assert!(gone.is_empty() || !granted, "{request:?} names {gone:?}");
    }

    /// The region dies of a write, which is on the disk or not.
    async fn die(&mut self, ask: Ask, kind: usize, at: [usize; 4], fault: Fault) {
        let Some(request) = plan(
            ask,
            self.kinds[kind % self.kinds.len()],
            at,
            &self.now.model,
        ) else {
            return;
        };
        *self.fault.lock().unwrap() = Some(fault);
        let answer = self.send(&request).await;
        let died = self.fault.lock().unwrap().take().is_none();
        assert!(
            !(died && answer.status.is_success()),
            "{request:?} was granted"
        );
        self.reopen(|_| {}).await;
        let lists = self.lists().await;
        if died && fault == Fault::Unanswered {
            revisions::hold(&self.now.lists, &lists);
            self.take(lists);
        } else if died {
            assert_eq!(lists, self.now.lists, "{request:?} left something behind");
        } else {
            self.take(lists);
        }
    }

    async fn limit(&mut self, project: usize, of: usize, limit: i64, force: bool) {
        let request = Request {
            method: "PUT",
            path: format!("quotas/{}", PROJECTS[project]),
            body: Some(json!({ "quota": { quotas::name(of): limit, "force": force } })),
        };
        let may = force || quotas::fits(project, of, limit, &self.now.lists);
        let status = self.send(&request).await.status.as_u16();
        assert_eq!(status, if may { 200 } else { 400 }, "{request:?}");
        if may {
            self.now.quotas.set(project, of, limit);
        }
        self.only_quotas().await;
    }

    async fn unlimit(&mut self, project: usize) {
        let had = self.now.quotas.reset(project);
        let path = format!("/v2.0/quotas/{}", PROJECTS[project]);
        let status = self.region.delete(&path).await.status.as_u16();
        assert_eq!(status, if had { 204 } else { 404 });
        self.only_quotas().await;
    }

    /// Panics where anything but quotas has changed.
    async fn only_quotas(&mut self) {
        let lists = self.lists().await;
        self.now.lists.insert("quotas", lists["quotas"].clone());
        assert_eq!(lists, self.now.lists, "a quota changed something");
    }

    /// Closes the region, does something to its folder, and opens it again.
    async fn reopen(&mut self, between: impl FnOnce(&Path)) {
        self.region.store.clone().close().await.unwrap();
        if self.birth.is_none() {
            self.birth = crash::written(self.folder.path());
            self.past.push(self.now.clone());
        }
        between(self.folder.path());
        (self.region, self.fault) = start::open(self.folder.path());
    }

    /// The disk loses the end of what was written: it is then as it was after an earlier step.
    async fn tear(&mut self, bytes: usize) {
        let birth = self.birth.clone();
        self.reopen(|folder| crash::tear(folder, bytes, birth.as_ref()))
            .await;
        let lists = self.lists().await;
        let there = crash::without_defaults(&lists);
        let same = |known: &Known| known.lists == lists;
        let nearly = |known: &Known| crash::without_defaults(&known.lists) == there;
        let past = || self.past.iter();
        let same = past().rposition(same).or_else(|| past().rposition(nearly));
        let same = same.expect("a torn disk is as it was after one of the steps");
        self.past.truncate(same + 1);
        self.now = self.past[same].clone();
        self.take(lists);
    }
}
