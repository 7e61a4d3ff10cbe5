//! Against what Open vSwitch 3.1 printed.

use super::*;

const ROUTED: &str = include_str!("routed.txt");
const MEASURED: &str = include_str!("measured.txt");
const LOCAL: &str = include_str!("local.txt");

#[test]
fn a_packet_into_a_tunnel() {
    let trace = Trace::parse(ROUTED);
    let tables: Vec<_> = trace.lookups.iter().map(|lookup| lookup.table).collect();
    assert_eq!(tables, [0, 5, 6, 27, 30, 32]);
    let rule = trace.lookups[2].rule.as_ref().unwrap();
    assert_eq!(
        (rule.matching.as_str(), rule.priority, rule.cookie),
        ("conj_id=1,ip", 100, 0x79)
    );
    assert_eq!(trace.lookups[3].rule.as_ref().unwrap().matching, "");
    let failed = "native tunnel routing failed".to_owned();
    let exit = Exit::Port {
        ofport: 10,
        tunnel: true,
        trouble: Some(failed),
    };
    assert_eq!(trace.exits, [exit]);
    assert_eq!(trace.end.number("tun_id"), Some(100));
    assert_eq!(trace.end.get("tun_dst"), Some("192.168.100.2"));
    assert_eq!(trace.end.get("dl_dst"), Some("fa:16:3e:00:00:01"));
    assert_eq!(trace.end.number("nw_ttl"), Some(63));
}

#[test]
fn a_packet_out_of_a_port_and_one_to_nobody() {
    let trace = Trace::parse(LOCAL);
    let exit = Exit::Port {
        ofport: 102,
        tunnel: false,
        trouble: None,
    };
    assert_eq!(trace.exits, [exit]);
    assert_eq!(trace.datapath, "6");
    let none = Trace::parse("bridge(\"br\")\n----\n 0. No match.\n    drop\n");
    assert_eq!((none.lookups.len(), none.exits.len()), (1, 0));
    assert_eq!(none.lookups[0].rule, None);
}

#[test]
fn a_packet_that_was_measured_is_a_small_one() {
    let trace = Trace::parse(MEASURED);
    let tables: Vec<_> = trace.lookups.iter().map(|lookup| lookup.table).collect();
    assert_eq!(tables, [33, 35, 34, 50, 52]);
    let exit = Exit::Port {
        ofport: 10,
        tunnel: true,
        trouble: None,
    };
    assert_eq!(trace.exits, [exit]);
    assert_eq!(trace.end.number("tun_id"), Some(100));
    assert_eq!(trace.end.get("tun_dst"), Some("192.168.100.2"));
    assert_eq!(trace.end.get("dl_dst"), Some("fa:16:3e:00:00:0e"));
    assert_eq!(trace.end.number("nw_ttl"), Some(11));
}

#[test]
fn what_goes_back_or_nowhere() {
    let exits = |action: &str| {
        let text = format!(" 0. in_port=102, priority 50\n    {action}\n");
        Trace::parse(&text).exits
    };
    assert_eq!(exits("IN_PORT"), [Exit::Back]);
    assert_eq!(exits("controller(userdata=01.02)"), [Exit::Controller]);
    let itself = exits("output:102\n     >> skipping output to input port");
    assert!(
        matches!(
            &itself[..],
            [Exit::Port {
                trouble: Some(_),
                ..
            }]
        ),
        "{itself:?}"
    );
}

#[test]
fn the_underlays_bridge_is_another_matter() {
    let text = " 0. in_port=1, priority 5\n    output:9\n     -> output to native tunnel\n";
    let below = " 0. priority 0\n    NORMAL\n     -> forwarding to learned port\n";
    let trace = Trace::parse(&format!(
        "bridge(\"a\")\n---\n{text}\nbridge(\"b\")\n---\n{below}"
    ));
    assert_eq!((trace.lookups.len(), trace.exits.len()), (1, 1));
}

#[test]
fn any_text_is_read() {
    for text in [
        "",
        "0.",
        " 300. priority 1",
        "    output:",
        " -> output port is x",
        "5. priority",
    ] {
        let trace = Trace::parse(text);
        assert_eq!(trace.lookups.len() + trace.exits.len(), 0, "{text}");
    }
}
