//! Project two gets nothing of project one's: for every route that the server has, by the
//! table of routes itself. A new resource fails here until the table below says how project
//! one gets such a thing.

use crate::region::{Region, id};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where the id in a path comes from.
enum Source {
    /// Made by this user with this body; `$name` stands for the id of another one made before.
    Made(&'static str, Value),
    /// Made so; everybody may read it, and nobody else may change it.
    Public(&'static str, Value),
    /// The id of another one, by the name of that.
    Same(&'static str),
    /// This text.
    Text(&'static str),
    /// It belongs to nobody, and everybody may read it.
    Nobody,
}

use Source::{Made, Nobody, Public, Same, Text};

const ONE: &str = "token-one";
const ADMIN: &str = "token-admin";

/// What project one has, in the order in which it is made.
fn table() -> Vec<(&'static str, Source)> {
    let mut table = vec![
        ("/", Nobody),
        ("/openapi.json", Nobody),
        ("/v2.0", Nobody),
        ("/v2.0/extensions", Nobody),
        ("/v2.0/availability_zones", Nobody),
        // These two repeat the caller's own project.
        ("/v2.0/quotas/project", Nobody),
        ("/v2.0/quotas/tenant", Nobody),
        (
            "/nodes",
            Made(
                ADMIN,
                json!({ "host_info": { "node_name": "h", "local_ip": "192.0.2.1" } }),
            ),
        ),
        // Named by its project alone; "{project_id}" in a path is project one.
        ("/v2.0/auto-allocated-topology", Text("one")),
        // An agent that has never been heard is none, so there is nothing to be read of it.
        ("/v2.0/agents", Text("00000000-0000-4000-8000-000000000000")),
    ];
    table.extend(layer2());
    table.extend(addressing());
    table.extend(routing());
    table.extend(security());
    table.extend(services());
    table.extend(alcors());
    table.extend(kept());
    table.extend(operators());
    table
}

fn layer2() -> Vec<(&'static str, Source)> {
    vec![
        (
            "/v2.0/networks",
            Made(ONE, json!({ "network": { "name": "secret" } })),
        ),
        (
            "/v2.0/subnets",
            Made(
                ONE,
                json!({ "subnet": {
                    "name": "secret", "network_id": "$network", "ip_version": 4, "cidr": "10.9.0.0/24",
                }}),
            ),
        ),
        (
            "/v2.0/ports",
            Made(
                ONE,
                json!({ "port": { "name": "secret", "network_id": "$network", "fixed_ips": [{ "ip_address": "10.9.0.9" }] } }),
            ),
        ),
    ]
}

fn addressing() -> Vec<(&'static str, Source)> {
    vec![
        (
            "/v2.0/address-scopes",
            Made(
                ONE,
                json!({ "address_scope": { "name": "secret", "ip_version": 4 } }),
            ),
        ),
        (
            "/v2.0/subnetpools",
            Made(
                ONE,
                json!({ "subnetpool": { "name": "secret", "prefixes": ["10.7.0.0/16"] } }),
            ),
        ),
        ("/v2.0/quotas", Text("one")),
    ]
}

fn routing() -> Vec<(&'static str, Source)> {
    vec![
        ("/v2.0/floatingip_pools", Nobody),
        (
            "/v2.0/routers",
            Made(
                ONE,
                json!({ "router": {
                    "name": "secret", "external_gateway_info": { "network_id": "$external" },
                }}),
            ),
        ),
        (
            "/v2.0/routers/{parent}/conntrack_helpers",
            Made(
                ONE,
                json!({ "conntrack_helper": {
                    "protocol": "udp", "port": 69, "helper": "tftp",
                }}),
            ),
        ),
        (
            "/v2.0/floatingips",
            Made(
                ONE,
                json!({ "floatingip": {
                    "description": "secret", "floating_network_id": "$external",
                }}),
            ),
        ),
        (
            "/v2.0/floatingips/{parent}/port_forwardings",
            Made(
                ONE,
                json!({ "port_forwarding": {
                    "protocol": "tcp", "internal_port_id": "$port", "internal_ip_address": "10.9.0.9",
                    "internal_port": 80, "external_port": 8080,
                }}),
            ),
        ),
    ]
}

fn security() -> Vec<(&'static str, Source)> {
    vec![
        (
            "/v2.0/default-security-group-rules",
            Public(
                ADMIN,
                json!({ "default_security_group_rule": {
                    "direction": "ingress", "protocol": "tcp", "port_range_min": 22,
                    "port_range_max": 22,
                }}),
            ),
        ),
        (
            "/v2.0/security-groups",
            Made(ONE, json!({ "security_group": { "name": "secret" } })),
        ),
        (
            "/v2.0/security-group-rules",
            Made(
                ONE,
                json!({ "security_group_rule": {
                    "security_group_id": "$security_group", "direction": "ingress",
                }}),
            ),
        ),
        (
            "/v2.0/address-groups",
            Made(
                ONE,
                json!({ "address_group": { "name": "secret", "addresses": ["10.0.0.0/24"] } }),
            ),
        ),
        (
            "/v2.0/rbac-policies",
            Made(
                ONE,
                json!({ "rbac_policy": {
                    "object_type": "network", "object_id": "$network",
                    "action": "access_as_shared", "target_tenant": "three",
                }}),
            ),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of fixtures")]
fn services() -> Vec<(&'static str, Source)> {
    let rule = |path: &'static str, name: &str, attributes: Value| {
        (path, Made(ADMIN, json!({ name: attributes })))
    };
    vec![
        (
            "/v2.0/trunks",
            Made(
                ONE,
                json!({ "trunk": { "name": "secret", "port_id": "$port" } }),
            ),
        ),
        (
            "/v2.0/taas/tap_services",
            Made(
                ONE,
                json!({ "tap_service": { "name": "secret", "port_id": "$port" } }),
            ),
        ),
        (
            "/v2.0/taas/tap_flows",
            Made(
                ONE,
                json!({ "tap_flow": {
                    "name": "secret", "tap_service_id": "$tap_service", "source_port": "$watched",
                    "direction": "BOTH",
                } }),
            ),
        ),
        ("/v2.0/qos/rule-types", Nobody),
        (
            "/v2.0/qos/policies",
            Made(
                ADMIN,
                json!({ "policy": { "name": "secret", "project_id": "one" } }),
            ),
        ),
        ("/v2.0/policies", Same("policy")),
        rule(
            "/v2.0/qos/policies/{parent}/bandwidth_limit_rules",
            "bandwidth_limit_rule",
            json!({ "max_kbps": 1000 }),
        ),
        rule(
            "/v2.0/qos/policies/{parent}/packet_rate_limit_rules",
            "packet_rate_limit_rule",
            json!({ "max_kpps": 1000 }),
        ),
        rule(
            "/v2.0/qos/policies/{parent}/dscp_marking_rules",
            "dscp_marking_rule",
            json!({ "dscp_mark": 26 }),
        ),
        rule(
            "/v2.0/qos/policies/{parent}/minimum_bandwidth_rules",
            "minimum_bandwidth_rule",
            json!({ "min_kbps": 1000 }),
        ),
        rule(
            "/v2.0/qos/policies/{parent}/minimum_packet_rate_rules",
            "minimum_packet_rate_rule",
            json!({ "min_kpps": 1000 }),
        ),
        (
            "/v2.0/qos/alias-bandwidth-limit-rules",
            Same("bandwidth_limit_rule"),
        ),
        (
            "/v2.0/qos/alias-dscp-marking-rules",
            Same("dscp_marking_rule"),
        ),
        (
            "/v2.0/qos/alias-minimum-bandwidth-rules",
            Same("minimum_bandwidth_rule"),
        ),
        (
            "/v2.0/qos/alias-minimum-packet-rate-rules",
            Same("minimum_packet_rate_rule"),
        ),
        (
            "/v2.0/metering/metering-labels",
            Made(
                ADMIN,
                json!({ "metering_label": { "name": "secret", "project_id": "one" } }),
            ),
        ),
        (
            "/v2.0/metering/metering-label-rules",
            Made(
                ADMIN,
                json!({ "metering_label_rule": {
                    "metering_label_id": "$metering_label", "direction": "egress",
                    "remote_ip_prefix": "10.0.0.0/24",
                }}),
            ),
        ),
        (
            "/v2.0/flavors",
            Public(
                ADMIN,
                json!({ "flavor": { "name": "f", "service_type": "L3_ROUTER_NAT" } }),
            ),
        ),
        (
            "/v2.0/service_profiles",
            Made(
                ADMIN,
                json!({ "service_profile": { "driver": "alcor", "description": "p" } }),
            ),
        ),
        ("/v2.0/service-providers", Nobody),
    ]
}

fn alcors() -> Vec<(&'static str, Source)> {
    vec![
        (
            "/v2.0/network-acls",
            Made(
                ONE,
                json!({ "network_acl": { "name": "secret", "vpc_id": "$network" } }),
            ),
        ),
        (
            "/v2.0/network-acl-rules",
            Made(
                ONE,
                json!({ "network_acl_rule": {
                    "network_acl_id": "$network_acl", "number": 10, "ip_prefix": "10.0.0.0/24",
                    "direction": "ingress", "protocol": "tcp", "port_range_min": 22,
                    "port_range_max": 23, "ether_type": "ipv4", "action": "allow",
                }}),
            ),
        ),
        (
            "/ncms",
            Made(
                ADMIN,
                json!({ "ncm_info": { "id": "ncm-1", "uri": "http://ncm" } }),
            ),
        ),
        (
            "/v2.0/routetables",
            Made(
                ONE,
                json!({ "routetable": {
                    "name": "secret", "vpc_id": "$network", "subnet_id": "$subnet",
                    "routes": [{ "destination": "192.0.2.0/24", "target": "nat_gw" }],
                }}),
            ),
        ),
        ("/project/{project}/vpcs", Same("network")),
        ("/project/{project}/subnets", Same("subnet")),
        ("/project/{project}/ports", Same("port")),
        ("/project/{project}/routers", Same("router")),
        ("/project/{project}/security-groups", Same("security_group")),
        (
            "/project/{project}/security-group-rules",
            Same("security_group_rule"),
        ),
        ("/project/{project}/elasticips", Same("floatingip")),
        ("/project/{project}/segments", Text("x")),
        ("/project/{project}/network_segment_ranges", Text("x")),
        ("/project/{project}/network-acls", Same("network_acl")),
        (
            "/project/{project}/network-acl-rules",
            Same("network_acl_rule"),
        ),
        ("/project/{project}/routetables", Same("routetable")),
        ("/project/{project}/quotas", Text("one")),
    ]
}

/// What operators keep on Alcor's own paths.
fn kept() -> Vec<(&'static str, Source)> {
    vec![
        ("/project/{project}/macs", Text("fa:16:3e:00:00:99")),
        ("/project/{project}/macs/ranges", Text("range0")),
        ("/project/{project}/ips/range", Same("subnet")),
        ("/project/{project}/ips/{ip_range}", Text("10.0.0.9")),
        (
            "/project/{project}/elasticip-ranges",
            Made(
                ADMIN,
                json!({ "elasticip-range": {
                    "name": "secret",
                    "allocation_ranges": [{ "start": "203.0.113.200", "end": "203.0.113.201" }],
                }}),
            ),
        ),
        (
            "/project/{project}/gateways",
            Made(
                ADMIN,
                json!({ "gateway": { "name": "secret", "vpc_id": "$network", "type": "nat" } }),
            ),
        ),
        ("/project/{project}/gatewayinfo", Same("network")),
    ]
}

/// What operators keep of project one's networks.
fn operators() -> Vec<(&'static str, Source)> {
    vec![
        ("/v2.0/network-ip-availabilities", Same("network")),
        (
            "/v2.0/network_segment_ranges",
            Made(
                ADMIN,
                json!({ "network_segment_range": {
                    "name": "secret", "network_type": "vxlan", "shared": false, "project_id": "one",
                    "minimum": 1000, "maximum": 1002,
                }}),
            ),
        ),
        (
            "/v2.0/segments",
            Made(
                ADMIN,
                json!({ "segment": {
                    "name": "secret", "network_id": "$network", "network_type": "vxlan",
                    "segmentation_id": 77,
                }}),
            ),
        ),
    ]
}

/// The operator's external network, which everybody may use.
async fn external(admin: &Region) -> String {
    let wish = json!({ "name": "outside", "router:external": true });
    let network = id(&admin.make("network", wish).await);
    let subnet = json!({ "network_id": network, "ip_version": 4, "cidr": "203.0.113.0/24" });
    admin.make("subnet", subnet).await;
    network
}

/// A further port of project one.
async fn watched(region: &Region) -> String {
    let one = region.as_user(ONE);
    let network = one.make("network", json!({})).await;
    let port = one
        .make("port", json!({ "network_id": network["id"] }))
        .await;
    port["id"].as_str().unwrap().to_owned()
}

/// What project one has.
struct Estate {
    /// The id of each by the path of its collection.
    ids: BTreeMap<&'static str, String>,
    /// The table's row of each.
    bodies: BTreeMap<&'static str, Value>,
    open: Vec<&'static str>,
    public: Vec<&'static str>,
}

impl Estate {
    async fn make(region: &Region) -> Self {
        let mut estate = Self {
            ids: BTreeMap::new(),
            bodies: BTreeMap::new(),
            open: Vec::new(),
            public: Vec::new(),
        };
        let mut names = BTreeMap::from([("external".to_owned(), external(region).await)]);
        names.insert("watched".to_owned(), watched(region).await);
        for (path, source) in table() {
            if matches!(source, Public(..)) {
                estate.public.push(path);
            }
            match source {
                Made(user, body) | Public(user, body) => {
                    let body = filled(&body, &names);
                    let at = estate.resolve(path).expect("parents come first");
                    let answer = region.as_user(user).post(&at, body.clone()).await;
                    let made = answer.expect(201);
                    let (name, made) = made.as_object().unwrap().iter().next().unwrap();
                    let id = made.get("id").or(made.get("node_id")).unwrap();
                    names.insert(name.clone(), id.as_str().unwrap().to_owned());
                    estate.ids.insert(path, names[name].clone());
                    estate.bodies.insert(path, body);
                    if path == "/v2.0/routers" {
                        let inside = json!({ "subnet_id": names["subnet"] });
                        let add = format!("/v2.0/routers/{}/add_router_interface", names[name]);
                        region.as_user(user).put(&add, inside).await.expect(200);
                    }
                }
                Same(name) => drop(estate.ids.insert(path, names[name].clone())),
                Text(text) => drop(estate.ids.insert(path, text.to_owned())),
                Nobody => estate.open.push(path),
            }
        }
        estate
    }

    /// The path with project one's ids in it; the error names what the table lacks.
    fn resolve(&self, template: &str) -> Result<String, String> {
        let mut path = String::new();
        let mut collection = String::new();
        for part in template.split('/').skip(1) {
            let value = match part {
                "{id}" | "{parent}" => self
                    .ids
                    .get(collection.as_str())
                    .ok_or_else(|| format!("no fixture for {collection}"))?,
                "{project}" | "{project_id}" => "one",
                "{ip_range}" => self
                    .ids
                    .get("/project/{project}/ips/range")
                    .map_or("x", String::as_str),
                part if part.starts_with('{') => "x",
                part => part,
            };
            path = format!("{path}/{value}");
            collection = format!("{collection}/{part}");
        }
        Ok(path)
    }

    /// Whether everybody may read what this path leads to.
    fn is_open(&self, template: &str) -> bool {
        let below = |open: &&str| {
            let rest = template.strip_prefix(*open);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("/{") || rest == "/")
        };
        self.open.iter().any(below)
    }

    fn is_public(&self, template: &str) -> bool {
        self.public.iter().any(|path| template.starts_with(path))
    }

    /// What an administrator reads of all of it.
    async fn read(&self, admin: &Region) -> Vec<Value> {
        let mut all = Vec::new();
        for path in self.ids.keys() {
            let one = self.resolve(&format!("{path}/{{id}}")).unwrap();
            all.push(admin.get(&one).await.body);
        }
        all
    }

    /// What the thief sends along.
    fn loot(&self, method: &str, template: &str) -> Option<Value> {
        let collection = template
            .rsplit_once("/{id}")
            .map_or(template, |(path, _)| path);
        let body = self.bodies.get(collection).and_then(Value::as_object);
        let name = body.and_then(|body| body.keys().next());
        match method {
            "get" | "delete" => None,
            "post" if self.bodies.contains_key(template) => self.stolen(template),
            _ if template.ends_with("/tags") => Some(json!({ "tags": ["stolen"] })),
            "put" if template.ends_with("/{id}") => {
                Some(json!({ name.map_or("x", String::as_str): { "name": "stolen" } }))
            }
            _ => Some(json!({})),
        }
    }

    /// Project one's own body, for project one.
    fn stolen(&self, template: &str) -> Option<Value> {
        let mut body = self.bodies.get(template)?.clone();
        let inner = body.as_object_mut()?.values_mut().next()?;
        inner
            .as_object_mut()?
            .insert("project_id".to_owned(), json!("one"));
        Some(body)
    }
}

/// The body with ids for `$name`.
fn filled(body: &Value, names: &BTreeMap<String, String>) -> Value {
    match body {
        Value::String(text) => match text.strip_prefix('$') {
            Some(name) => json!(names[name]),
            None => body.clone(),
        },
        Value::Array(items) => items.iter().map(|item| filled(item, names)).collect(),
        Value::Object(map) => {
            let filled = map
                .iter()
                .map(|(key, value)| (key.clone(), filled(value, names)));
            Value::Object(filled.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Every method and path of the server.
fn operations() -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&alcor_api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let methods = |(path, methods): (String, Value)| {
        let methods: Vec<_> = methods.as_object().unwrap().keys().cloned().collect();
        methods
            .into_iter()
            .map(move |method| (method, path.clone()))
    };
    paths.into_iter().flat_map(methods).collect()
}

/// Tries everything as this user: the answers that say too much.
async fn plunder(thief: &Region, estate: &Estate) -> Vec<String> {
    let mut wrong = Vec::new();
    for (method, template) in operations() {
        if estate.is_open(&template) || method == "get" && estate.is_public(&template) {
            continue;
        }
        let path = match estate.resolve(&template) {
            Ok(path) => path,
            Err(lacking) => {
                wrong.push(lacking);
                continue;
            }
        };
        let body = estate.loot(&method, &template);
        let forged = [
            ("x-roles", "admin"),
            ("x-project-id", "one"),
            ("x-is-admin", "True"),
        ];
        let name = method.to_uppercase();
        let answer = thief.call(&name, &path, &forged, body.as_ref()).await;
        let status = answer.status.as_u16();
        let text = answer.body.to_string();
        let lists = method == "get" && path == template;
        let refused = matches!(status, 400 | 403 | 404 | 405) || lists && status == 200;
        let told = lists
            && estate
                .ids
                .values()
                .any(|id| id.len() == 36 && text.contains(id))
            || text.contains("secret");
        if !refused || told {
            wrong.push(format!("{method} {template}: {status} {text}"));
        }
    }
    wrong
}

#[tokio::test]
async fn project_two_gets_nothing_of_project_ones() {
    let admin = Region::guarded();
    let estate = Estate::make(&admin).await;
    let before = estate.read(&admin).await;
    let wrong = plunder(&admin.as_user("token-two"), &estate).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(estate.read(&admin).await, before);
}

#[tokio::test]
async fn nobody_gets_anything_without_a_token() {
    let admin = Region::guarded();
    let estate = Estate::make(&admin).await;
    let nobody = admin.as_user("no-such-token");
    for (method, template) in operations() {
        if estate.is_open(&template) {
            continue;
        }
        let Ok(path) = estate.resolve(&template) else {
            continue;
        };
        let body = estate.loot(&method, &template);
        let answer = nobody
            .call(&method.to_uppercase(), &path, &[], body.as_ref())
            .await;
        assert_eq!(answer.status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn readers_write_nothing_and_members_only_their_own() {
    let admin = Region::guarded();
    let estate = Estate::make(&admin).await;
    let before = estate.read(&admin).await;
    let reader = admin.as_user("token-reader");
    for (method, template) in operations() {
        if method == "get" || estate.is_open(&template) {
            continue;
        }
        let path = estate.resolve(&template).unwrap();
        let body = estate.loot(&method, &template);
        let answer = reader
            .call(&method.to_uppercase(), &path, &[], body.as_ref())
            .await;
        let status = answer.status.as_u16();
        assert!(
            matches!(status, 400 | 403 | 404 | 405),
            "{method} {path}: {status}"
        );
    }
    assert_eq!(estate.read(&admin).await, before);
    for (path, made) in table().iter().filter_map(|(path, source)| match source {
        Made(user, body) if *user == ONE => Some((*path, body)),
        _ => None,
    }) {
        let one = estate.resolve(&format!("{path}/{{id}}")).unwrap();
        let (name, wish) = made.as_object().unwrap().iter().next().unwrap();
        if wish.get("name").is_none() {
            continue;
        }
        reader.get(&one).await.expect(200);
        let change = json!({ name.as_str(): { "name": "mine" } });
        admin.as_user(ONE).put(&one, change).await.expect(200);
    }
}
