//! Security groups: the default one, rules, and which ports a change concerns.

use crate::region::{Region, member, refused};
use alcor_managers::network::{self, CreateNetwork};
use alcor_managers::port::{self, CreatePort, UpdatePort};
use alcor_managers::quota::{self, Kind};
use alcor_managers::security_group::{
    self, CreateRule, CreateSecurityGroup, TrafficRequest, UpdateSecurityGroup, rule,
};
use alcor_managers::{ApiError, Caller, Settings, records};
use alcor_store::Read;
use alcor_types::{
    Port, PortId, ProjectId, Remote, SecurityGroup, SecurityGroupId, SecurityGroupRule,
};
use std::collections::BTreeSet;

fn group(region: &Region, name: &str) -> SecurityGroup {
    let request = CreateSecurityGroup {
        name: name.to_owned(),
        ..CreateSecurityGroup::default()
    };
    let make = move |txn: &mut alcor_store::Txn<'_>, settings: &Settings| {
        security_group::create(txn, &request, &member("blue"), settings)
    };
    region.run(make).unwrap()
}

fn tcp(group: SecurityGroupId, port: i64) -> CreateRule {
    CreateRule {
        security_group_id: group.to_string(),
        traffic: TrafficRequest {
            direction: "ingress".to_owned(),
            protocol: Some("tcp".to_owned()),
            port_range_min: Some(port),
            port_range_max: Some(port),
            ..TrafficRequest::default()
        },
        ..CreateRule::default()
    }
}

fn from_group(group: SecurityGroupId, remote: SecurityGroupId) -> CreateRule {
    CreateRule {
        security_group_id: group.to_string(),
        traffic: TrafficRequest {
            direction: "ingress".to_owned(),
            remote_group_id: Some(remote.to_string()),
            ..TrafficRequest::default()
        },
        ..CreateRule::default()
    }
}

fn add(region: &Region, request: CreateRule) -> Result<SecurityGroupRule, ApiError> {
    region.run(move |txn, settings| rule::create(txn, &request, &member("blue"), settings))
}

fn plug(region: &Region, groups: Option<Vec<SecurityGroupId>>) -> Result<Port, ApiError> {
    let caller = member("blue");
    region.run(move |txn, settings| {
        let network = network::create(txn, &CreateNetwork::default(), &caller, settings)?;
        let request = CreatePort {
            security_groups: groups.clone(),
            ..CreatePort::new(network.id)
        };
        port::create(txn, &request, &caller, settings)
    })
}

fn remove(region: &Region, id: SecurityGroupId, caller: Caller) -> Result<(), ApiError> {
    region.run(move |txn, _| security_group::delete(txn, id, &caller, None))
}

fn used(region: &Region, kind: Kind) -> u64 {
    quota::used(&region.store.snapshot(), kind, &ProjectId::from("blue")).unwrap()
}

#[test]
fn a_project_gets_its_default_group_with_the_first_port() {
    let region = Region::new();
    let first = plug(&region, None).unwrap();
    let second = plug(&region, None).unwrap();
    assert_eq!(first.security_groups.len(), 1);
    assert_eq!(first.security_groups, second.security_groups);
    let read = region.store.snapshot();
    let default = first.security_groups[0];
    assert_eq!(
        security_group::default_of(&read, &"blue".into()),
        Some(default)
    );
    let rules = security_group::rules(&read, default).unwrap();
    let own = Remote::Group(default);
    assert_eq!(rules.len(), 4);
    assert_eq!(
        rules
            .iter()
            .filter(|rule| rule.traffic.remote == own)
            .count(),
        2
    );
    assert_eq!(used(&region, Kind::SecurityGroup), 1);
    assert_eq!(used(&region, Kind::SecurityGroupRule), 4);
}

#[test]
fn the_default_group_stays_and_keeps_its_name() {
    let region = Region::new();
    let id = region
        .run(|txn, _| security_group::ensure_default(txn, &"blue".into()))
        .unwrap();
    refused(
        remove(&region, id, member("blue")),
        "SecurityGroupCannotRemoveDefault",
        409,
    );
    let rename = |name: &str| {
        let request = UpdateSecurityGroup {
            name: Some(name.to_owned()),
            ..UpdateSecurityGroup::default()
        };
        region.run(move |txn, _| security_group::update(txn, id, &request, &member("blue")))
    };
    refused(rename("mine"), "SecurityGroupCannotUpdateDefault", 409);
    refused(rename("Default"), "SecurityGroupDefaultAlreadyExists", 409);
    remove(&region, id, Caller::admin()).unwrap();
    assert_eq!(used(&region, Kind::SecurityGroupRule), 0);
    let again = plug(&region, None).unwrap();
    assert_ne!(again.security_groups, [id]);
}

#[test]
fn a_group_in_use_stays_and_keeps_its_kind() {
    let region = Region::new();
    let web = group(&region, "web");
    let port = plug(&region, Some(vec![web.id, web.id])).unwrap();
    assert_eq!(port.security_groups, [web.id]);
    refused(
        remove(&region, web.id, member("blue")),
        "SecurityGroupInUse",
        409,
    );
    let stateless = UpdateSecurityGroup {
        stateful: Some(false),
        ..UpdateSecurityGroup::default()
    };
    let turn = {
        let (id, stateless) = (web.id, stateless);
        region.run(move |txn, _| security_group::update(txn, id, &stateless, &member("blue")))
    };
    refused(turn, "SecurityGroupInUse", 409);
    let none = UpdatePort {
        security_groups: Some(Vec::new()),
        ..UpdatePort::default()
    };
    region.update_port(&port, none).unwrap();
    remove(&region, web.id, member("blue")).unwrap();
    assert_eq!(used(&region, Kind::SecurityGroup), 1);
}

#[test]
fn groups_need_port_security() {
    let region = Region::new();
    let port = plug(&region, None).unwrap();
    let off = |groups| UpdatePort {
        port_security_enabled: Some(false),
        security_groups: groups,
        ..UpdatePort::default()
    };
    refused(
        region.update_port(&port, off(None)),
        "PortSecurityPortHasSecurityGroup",
        409,
    );
    refused(
        region.update_port(&port, off(Some(port.security_groups.clone()))),
        "PortSecurityAndIPRequiredForSecurityGroups",
        400,
    );
    let bare = region.update_port(&port, off(Some(Vec::new()))).unwrap();
    assert!(bare.security_groups.is_empty());
}

#[test]
fn another_projects_group_is_used_only_when_shared() {
    let region = Region::new();
    let web = group(&region, "web");
    let plug_red = || {
        let (id, caller) = (web.id, member("red"));
        region.run(move |txn, settings| {
            let network = network::create(txn, &CreateNetwork::default(), &caller, settings)?;
            let request = CreatePort {
                security_groups: Some(vec![id]),
                ..CreatePort::new(network.id)
            };
            port::create(txn, &request, &caller, settings)
        })
    };
    refused(plug_red(), "SecurityGroupNotFound", 404);
    let mut shared = web.clone();
    shared.shared.grant("red".into());
    region
        .run(move |txn, _| Ok(records::put(txn, &shared)?))
        .unwrap();
    assert_eq!(plug_red().unwrap().security_groups, [web.id]);
}

#[test]
fn one_meaning_is_one_rule() {
    let region = Region::new();
    let web = group(&region, "web");
    add(&region, tcp(web.id, 80)).unwrap();
    let numbered = |number: &str, port| {
        let mut request = tcp(web.id, port);
        request.traffic.protocol = Some(number.to_owned());
        request
    };
    refused(
        add(&region, numbered("6", 80)),
        "SecurityGroupRuleExists",
        409,
    );
    let anywhere = |prefix: &str| {
        let mut request = tcp(web.id, 80);
        request.traffic.remote_ip_prefix = Some(prefix.to_owned());
        request
    };
    refused(
        add(&region, anywhere("0.0.0.0/0")),
        "SecurityGroupRuleExists",
        409,
    );
    add(&region, anywhere("10.0.0.0/8")).unwrap();
    let twice = [numbered("17", 53), numbered("udp", 53)];
    let bulk =
        region.run(move |txn, settings| rule::create_many(txn, &twice, &member("blue"), settings));
    refused(bulk, "DuplicateSecurityGroupRuleInPost", 409);
    assert_eq!(used(&region, Kind::SecurityGroupRule), 4 + 2 + 2);
}

type Change = fn(&mut TrafficRequest);

#[test]
#[expect(clippy::too_many_lines, reason = "a table of refusals")]
fn rules_are_refused_as_neutron_refuses_them() {
    let region = Region::new();
    let web = group(&region, "web");
    let cases: [(Change, &str, u16); 12] = [
        (|t| t.direction = "up".into(), "HTTPBadRequest", 400),
        (
            |t| t.ethertype = Some("IPv5".into()),
            "SecurityGroupRuleInvalidEtherType",
            400,
        ),
        (
            |t| t.protocol = Some("tcpp".into()),
            "SecurityGroupRuleInvalidProtocol",
            400,
        ),
        (
            |t| t.protocol = None,
            "SecurityGroupProtocolRequiredWithPorts",
            400,
        ),
        (
            |t| t.protocol = Some("gre".into()),
            "SecurityGroupInvalidProtocolForPort",
            400,
        ),
        (
            |t| t.port_range_min = Some(-1),
            "SecurityGroupInvalidPortValue",
            400,
        ),
        (
            |t| t.port_range_min = Some(0),
            "SecurityGroupInvalidPortValue",
            400,
        ),
        (
            |t| t.port_range_min = Some(81),
            "SecurityGroupInvalidPortRange",
            400,
        ),
        (
            |t| t.port_range_max = None,
            "SecurityGroupInvalidPortRange",
            400,
        ),
        (
            |t| t.remote_ip_prefix = Some("2001:db8::/64".into()),
            "SecurityGroupRuleParameterConflict",
            400,
        ),
        (
            |t| t.remote_ip_prefix = Some("10.0.0.1/33".into()),
            "InvalidCIDR",
            400,
        ),
        (
            |t| t.remote_group_id = Some("bad".into()),
            "SecurityGroupNotFound",
            404,
        ),
    ];
    for (change, kind, status) in cases {
        let mut request = tcp(web.id, 80);
        change(&mut request.traffic);
        refused(add(&region, request), kind, status);
    }
    let icmp = |min, max| {
        let mut request = tcp(web.id, 1);
        request.traffic.protocol = Some("icmp".to_owned());
        (
            request.traffic.port_range_min,
            request.traffic.port_range_max,
        ) = (min, max);
        add(&region, request)
    };
    refused(icmp(Some(256), None), "SecurityGroupInvalidIcmpValue", 400);
    refused(icmp(None, Some(6)), "SecurityGroupMissingIcmpType", 400);
    icmp(Some(0), Some(0)).unwrap();
    let mut v6_only = tcp(web.id, 1);
    v6_only.traffic = TrafficRequest {
        direction: "egress".to_owned(),
        protocol: Some("icmpv6".to_owned()),
        ..TrafficRequest::default()
    };
    refused(
        add(&region, v6_only),
        "SecurityGroupEthertypeConflictWithProtocol",
        400,
    );
}

/// The ports that a watcher of groups finds in one commit.
fn followed(region: &Region, change: impl FnOnce(&Region)) -> BTreeSet<PortId> {
    let prefix = [<SecurityGroup as records::Record>::TABLE.id, 0];
    let from = region.store.revision();
    let mut watch = region.store.watch(from, &[&prefix]).unwrap();
    change(region);
    let commit = region.wait(watch.next()).unwrap();
    let read = region.store.snapshot();
    let groups = commit
        .changes
        .iter()
        .filter_map(records::decode_change::<SecurityGroup>)
        .map(|changed| changed.unwrap().0);
    let ids = groups.map(|key| SecurityGroupId(uuid::Uuid::from_slice(&key).unwrap()));
    ids.flat_map(|id| affected(&read, id)).collect()
}

fn affected(read: &dyn Read, id: SecurityGroupId) -> BTreeSet<PortId> {
    security_group::affected_ports(read, id).unwrap()
}

#[test]
fn from_a_rules_commit_follow_exactly_the_ports_it_concerns() {
    let region = Region::new();
    let (web, database, other) = (
        group(&region, "web"),
        group(&region, "database"),
        group(&region, "other"),
    );
    add(&region, from_group(database.id, web.id)).unwrap();
    let in_web = plug(&region, Some(vec![web.id])).unwrap().id;
    let in_database = plug(&region, Some(vec![database.id])).unwrap().id;
    plug(&region, Some(vec![other.id])).unwrap();
    plug(&region, None).unwrap();
    let mut made = None;
    let ports = followed(&region, |region| {
        made = Some(add(region, tcp(web.id, 80)).unwrap());
    });
    assert_eq!(ports, BTreeSet::from([in_web, in_database]));
    let ports = followed(&region, |region| {
        add(region, tcp(database.id, 5432)).unwrap();
    });
    assert_eq!(ports, BTreeSet::from([in_database]));
    let id = made.unwrap().id;
    let ports = followed(&region, |region| {
        let drop = region.run(move |txn, _| rule::delete(txn, id, &member("blue"), None));
        drop.unwrap();
    });
    assert_eq!(ports, BTreeSet::from([in_web, in_database]));
}

#[test]
fn a_group_takes_the_rules_that_name_it_along() {
    let region = Region::new();
    let (web, database) = (group(&region, "web"), group(&region, "database"));
    let naming = add(&region, from_group(database.id, web.id)).unwrap();
    let before = security_group::get(&region.store.snapshot(), database.id, &member("blue"));
    remove(&region, web.id, member("blue")).unwrap();
    let read = region.store.snapshot();
    refused(
        rule::get(&read, naming.id, &member("blue")),
        "SecurityGroupRuleNotFound",
        404,
    );
    let after = security_group::get(&read, database.id, &member("blue")).unwrap();
    let revision = before.unwrap().standard.revision_number;
    assert_eq!(after.standard.revision_number, revision + 1);
    assert_eq!(used(&region, Kind::SecurityGroupRule), 4 + 2);
}
