"""Security groups, their rules, and who a resource is shared with."""

from shell import main


def groups(os):
    made = os.json(
        "security group create --description first --project red --stateless --tag warm web",
        name="web", description="first", project_id="red", stateful=False, tags=["warm"],
    )
    rules = os.json("security group show web", id=made["id"])["rules"]
    assert sorted((rule["direction"], rule["ethertype"]) for rule in rules) == [
        ("egress", "IPv4"), ("egress", "IPv6"),
    ], rules
    os.json("security group create db", description="db", stateful=True)
    for filters, wanted in [
        ("--project red", ["web", "default"]),
        ("--tags warm", ["web"]),
        ("--any-tags warm,cold", ["web"]),
    ]:
        os.lists(f"security group list {filters}", *wanted)
    names = {row["Name"] for row in os.rows("security group list")}
    assert names == {"web", "db", "default"}, names
    os.silent("security group set --name www --description second --stateful --tag cold web")
    os.json("security group show www", description="second", stateful=True, tags=["cold", "warm"])
    os.silent("security group unset --tag warm www")
    os.json("security group show www", tags=["cold"])
    os.silent("security group unset --all-tag www")
    os.json("security group show www", tags=[])


def rules(os):
    db = os.json("security group show db")["id"]
    office = os.json("address group create --address 192.0.2.0/24 office")["id"]

    def made(options, **wanted):
        return os.json(f"security group rule create {options} www", **wanted)["id"]

    first = made(
        "--ingress --ethertype IPv4 --protocol tcp --dst-port 80:443 --remote-ip 10.0.0.0/8 --description first",
        direction="ingress", ether_type="IPv4", protocol="tcp", port_range_min=80, port_range_max=443,
        remote_ip_prefix="10.0.0.0/8", description="first", remote_group_id=None,
    )
    made("--egress --ethertype IPv6 --protocol udp --dst-port 53", direction="egress", ether_type="IPv6", port_range_min=53)
    made("--remote-group db", remote_group_id=db, protocol=None, remote_ip_prefix=None)
    made("--remote-address-group office --protocol tcp", remote_address_group_id=office)
    made("--protocol icmp --icmp-type 8 --icmp-code 0", protocol="icmp", port_range_min=8, port_range_max=0)
    made("--protocol ipv6-icmp --icmp-type 128", protocol="ipv6-icmp", port_range_min=128, ether_type="IPv6")
    made("--protocol 132 --dst-port 5000", protocol="132", port_range_min=5000)
    made("--protocol vrrp", protocol="vrrp")
    shown = os.rows("security group rule list www --long")
    assert len(shown) == 10, shown
    for filters, wanted in [("--protocol tcp", 2), ("--ingress", 7), ("--egress", 3)]:
        rows = os.rows(f"security group rule list {filters} www")
        assert len(rows) == wanted, f"{filters}: {rows}"
    os.json(f"security group rule show {first}", description="first", port_range_max=443)
    os.fails("security group rule create --ingress --protocol tcp --dst-port 80:443 --remote-ip 10.0.0.0/8 www", "409")
    os.fails("security group rule create --protocol tcp --dst-port 70000 www", "400")
    os.fails("security group rule create --ethertype IPv6 --remote-ip 10.0.0.0/8 www", "4")
    os.fails("address group delete office", "1 of 1")
    os.silent(f"security group rule delete {first}")
    os.fails(f"security group rule show {first}", "No SecurityGroupRule found")


def uses(os):
    os.json("network create red")
    os.json("port create --network red --security-group www vm")
    os.fails("security group delete www", "1 of 1")
    mine = os.rows("security group list --project operators")
    [default] = [row["ID"] for row in mine if row["Name"] == "default"]
    os.fails(f"security group set --name other {default}", "4")
    os.silent("port delete vm")
    os.silent("security group delete www")
    os.gone("security group", "www")
    os.silent("address group delete office")


def sharing(os):
    for noun in ("security group", "address group", "network qos policy"):
        os.json(f"{noun} create shared")
    os.json("subnet pool create --pool-prefix 10.0.0.0/8 shared")
    os.json("address scope create shared")
    kinds = [
        ("network", "network", "red", "access_as_shared"),
        ("network", "network", "red", "access_as_external"),
        ("qos_policy", "network qos policy", "shared", "access_as_shared"),
        ("security_group", "security group", "shared", "access_as_shared"),
        ("address_scope", "address scope", "shared", "access_as_shared"),
        ("subnetpool", "subnet pool", "shared", "access_as_shared"),
        ("address_group", "address group", "shared", "access_as_shared"),
    ]
    for kind, noun, name, action in kinds:
        made = os.json(
            f"network rbac create --type {kind} --action {action} --target-project red {name}",
            object_type=kind, action=action, target_project_id="red",
        )
        os.json(f"network rbac show {made['id']}", object_id=os.json(f"{noun} show {name}")["id"])
        os.silent(f"network rbac set --target-project blue {made['id']}")
        os.json(f"network rbac show {made['id']}", target_project_id="blue")
    os.fails("network rbac create --type network --action access_as_shared --target-project blue red", "409")
    wide = os.json(
        "network rbac create --type network --action access_as_shared --target-all-projects red",
        target_project_id="*",
    )
    os.json("network show red", shared=True, router__external=True)
    for filters, wanted in [("", 8), ("--type network", 3), ("--action access_as_external", 1)]:
        rows = os.rows(f"network rbac list --long {filters}")
        assert len(rows) == wanted, f"{filters}: {rows}"
    os.silent(f"network rbac delete {wide['id']}")
    os.json("network show red", shared=False)
    os.fails(f"network rbac show {wide['id']}", wide["id"])
    for row in os.rows("network rbac list"):
        os.silent(f"network rbac delete {row['ID']}")
    os.lists("network rbac list", by="ID")


main(groups, rules, uses, sharing)
