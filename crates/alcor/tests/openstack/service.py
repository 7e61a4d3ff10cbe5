"""QoS policies and their rules, quotas, extensions."""

from shell import main

RULES = [
    # kind, options, columns, changed options, columns then
    ("bandwidth-limit", "--max-kbps 1000 --max-burst-kbits 800 --egress",
     {"max_kbps": 1000, "max_burst_kbps": 800, "direction": "egress"},
     "--max-kbps 2000 --ingress", {"max_kbps": 2000, "direction": "ingress"}),
    ("dscp-marking", "--dscp-mark 26", {"dscp_mark": 26}, "--dscp-mark 0", {"dscp_mark": 0}),
    ("minimum-bandwidth", "--min-kbps 500 --egress", {"min_kbps": 500, "direction": "egress"},
     "--min-kbps 600", {"min_kbps": 600}),
    ("minimum-packet-rate", "--min-kpps 50 --any", {"min_kpps": 50, "direction": "any"},
     "--min-kpps 60", {"min_kpps": 60}),
]


def policies(os):
    made = os.json(
        "network qos policy create --description first --share --project red --default gold",
        name="gold", description="first", shared=True, project_id="red", is_default=True, rules=[],
    )
    os.json("network qos policy create lead", is_default=False, shared=False)
    os.fails("network qos policy create --project red --default more", "409")
    for filters, wanted in [
        ("", ["gold", "lead"]),
        ("--project red", ["gold"]),
        ("--share", ["gold"]),
        ("--no-share", ["lead"]),
    ]:
        os.lists(f"network qos policy list {filters}", *wanted)
    os.silent("network qos policy set --name au --description second --no-share --no-default gold")
    os.json("network qos policy show au", id=made["id"], description="second", shared=False, is_default=False)


def rules_of_policies(os):
    for number, (kind, options, wanted, changes, then) in enumerate(RULES):
        made = os.json(f"network qos rule create --type {kind} {options} au", **wanted)
        os.json(f"network qos rule show au {made['id']}", **wanted)
        os.silent(f"network qos rule set {changes} au {made['id']}")
        os.json(f"network qos rule show au {made['id']}", **then)
        assert len(os.rows("network qos rule list au")) == number + 1
    shown = os.json("network qos policy show au")["rules"]
    kinds = {"bandwidth_limit", "dscp_marking", "minimum_bandwidth", "minimum_packet_rate"}
    assert {rule["type"] for rule in shown} == kinds, shown
    os.fails("network qos rule create --type dscp-marking --dscp-mark 10 au", "409")
    os.fails("network qos rule create --type bandwidth-limit --max-kbps 1 --ingress au", "409")
    types = [row["Type"] for row in os.rows("network qos rule type list")]
    for kind, *_ in RULES:
        name = kind.replace("-", "_")
        assert name in types, types
        shown = os.json(f"network qos rule type show {name}", rule_type_name=name)
        assert shown["drivers"], shown
    for row in os.rows("network qos rule list au"):
        os.silent(f"network qos rule delete au {row['ID']}")
    assert os.rows("network qos rule list au") == []
    os.silent("network qos policy delete au lead")
    os.gone("network qos policy", "au")


QUOTAS = {
    "networks": 7, "subnets": 8, "ports": 9, "routers": 10, "floating-ips": 11, "secgroups": 12,
    "secgroup-rules": 13, "rbac-policies": 14, "subnetpools": 15,
}


def quotas(os):
    os.json("quota show --default operators", networks=-1, project_name="operators")
    os.silent("quota set " + " ".join(f"--{name} {limit}" for name, limit in QUOTAS.items()) + " red")
    wanted = {name.replace("-", "_"): limit for name, limit in QUOTAS.items()}
    wanted["subnet_pools"] = wanted.pop("subnetpools")
    os.json("quota show red", project="red", **wanted)
    os.json("quota show --default red", networks=-1)
    os.json("quota show blue", networks=-1)
    [row] = os.rows("quota list --network")
    assert (row["Project ID"], row["Networks"], row["Floating IPs"]) == ("red", 7, 11), row
    for name in ("one", "two"):
        os.json(f"network create --project red {name}")
    usage = {row["Resource"]: row for row in os.rows("quota list --network --detail --project red")}
    assert usage["networks"] == {"Resource": "networks", "In Use": 2, "Reserved": 0, "Limit": 7}, usage
    os.fails("quota set --check-limit --networks 1 red", "400")
    os.json("quota show red", networks=7)
    os.silent("quota set --force --networks 1 red")
    os.json("quota show red", networks=1)
    os.fails("network create --project red three", "409", "Quota exceeded")
    os.silent("quota set --networks 3 red")
    os.json("network create --project red three")
    os.silent("network delete one two three")


def extensions(os):
    aliases = {row["Alias"] for row in os.rows("extension list --network")}
    assert {"router", "qos", "trunk", "security-group", "quota_details", "standard-attr-tag"} <= aliases
    os.json("extension show router", alias="router")


main(policies, rules_of_policies, quotas, extensions)
