"""Routers, their gateways and routes, floating IPs, port forwardings, conntrack helpers, flavors, meters."""

from shell import main


def outside(os):
    os.json("network create --external out", router__external=True)
    os.json("subnet create --network out --subnet-range 203.0.113.0/24 --no-dhcp out")
    os.json("network create red")
    os.json("subnet create --network red --subnet-range 10.0.0.0/24 four")
    os.json("subnet create --network red --subnet-range 10.0.1.0/24 more")
    os.json("network qos policy create gold")


def routers(os):
    made = os.json(
        "router create --description first --project operators --disable --centralized --tag warm way",
        name="way", description="first", project_id="operators", admin_state_up=False, ha=False,
        distributed=False, tags=["warm"], external_gateway_info=None, routes=[], status="ACTIVE",
    )
    os.json("router create other", admin_state_up=True)
    for filters, wanted in [
        ("", ["way", "other"]),
        ("--name way", ["way"]),
        ("--enable", ["other"]),
        ("--disable", ["way"]),
        ("--project operators", ["way", "other"]),
        ("--tags warm", ["way"]),
        ("--not-tags warm", ["other"]),
    ]:
        os.lists(f"router list {filters}", *wanted)
    os.silent("router set --name path --description second --enable --tag cold way")
    os.json("router show path", id=made["id"], description="second", admin_state_up=True, tags=["cold", "warm"])
    os.silent("router unset --tag warm path")
    os.json("router show path", tags=["cold"], interfaces_info=[])


def interfaces(os):
    os.silent("router add subnet path four")
    os.json("port create --network red --fixed-ip subnet=more leg")
    os.silent("router add port path leg")
    shown = os.json("router show path")
    taken = {one["ip_address"] for one in shown["interfaces_info"]}
    assert "10.0.0.1" in taken and len(taken) == 2, shown
    os.lists("port list --router path", "", "leg")
    os.json("port show leg", device_owner="network:router_interface", device_id=shown["id"])
    os.fails("router add subnet path four", "400")
    os.fails("router add subnet other four", "409")
    os.fails("port delete leg", "1 of 1")
    os.fails("subnet delete four", "1 of 1")
    os.fails("router delete path", "1 of 1")
    os.silent("router remove port path leg")
    os.fails("router remove subnet other four", "4")
    os.gone("port", "leg")


def gateways(os):
    out, outside = os.json("network show out")["id"], os.json("subnet show out")["id"]
    os.silent(
        "router set --external-gateway out --fixed-ip subnet=out,ip-address=203.0.113.9 --disable-snat "
        "--qos-policy gold path"
    )
    info = os.json("router show path")["external_gateway_info"]
    ips = [{"subnet_id": outside, "ip_address": "203.0.113.9"}]
    assert info["network_id"] == out and info["external_fixed_ips"] == ips, info
    assert info["enable_snat"] is False, info
    assert info["qos_policy_id"] == os.json("network qos policy show gold")["id"], info
    os.silent("router set --external-gateway out --enable-snat path")
    info = os.json("router show path")["external_gateway_info"]
    assert info["enable_snat"] is True, info
    os.silent("router set --no-qos-policy --external-gateway out path")
    assert "qos_policy_id" not in info or os.json("router show path")["external_gateway_info"]["qos_policy_id"] is None
    os.silent("router unset --external-gateway path")
    os.json("router show path", external_gateway_info=None)
    made = os.json("router create --external-gateway out --fixed-ip subnet=out third")
    assert made["external_gateway_info"]["network_id"] == out, made
    [row] = os.rows("router list --long --name third")
    assert row["External gateway info"]["network_id"] == out, row
    os.fails("router set --external-gateway red path", "400")
    os.silent("router set --external-gateway out path")


def routes(os):
    first = {"destination": "172.16.0.0/16", "nexthop": "10.0.0.9"}
    os.silent("router set --route destination=172.16.0.0/16,gateway=10.0.0.9 path")
    os.json("router show path", routes=[first])
    os.json(
        "router add route --route destination=172.17.0.0/16,gateway=10.0.0.8 "
        "--route destination=172.18.0.0/16,gateway=10.0.0.8 path"
    )
    assert len(os.json("router show path")["routes"]) == 3
    shown = os.json("router remove route --route destination=172.17.0.0/16,gateway=10.0.0.8 path")
    assert len(shown["routes"]) == 2, shown
    os.silent("router unset --route destination=172.18.0.0/16,gateway=10.0.0.8 path")
    os.json("router show path", routes=[first])
    os.fails("router set --route destination=172.19.0.0/16,gateway=192.168.77.1 path", "400")
    os.fails("router remove subnet path four", "409")
    os.silent("router set --no-route path")
    os.json("router show path", routes=[])


def floating_ips(os):
    port = os.json("port create --network red --fixed-ip subnet=four,ip-address=10.0.0.50 vm")
    router = os.json("router show path")["id"]
    made = os.json(
        "floating ip create --subnet out --floating-ip-address 203.0.113.77 --description first "
        "--qos-policy gold --project operators --dns-name www --dns-domain example.org. --tag warm out",
        floating_ip_address="203.0.113.77", description="first", project_id="operators", status="DOWN",
        port_id=None, fixed_ip_address=None, tags=["warm"], dns_name="www", dns_domain="example.org.",
    )
    assert made["qos_policy_id"] == os.json("network qos policy show gold")["id"], made
    os.fails("floating ip create --floating-ip-address 203.0.113.77 out", "409")
    os.fails("floating ip create red", "400")
    os.json(
        "floating ip create --port vm --fixed-ip-address 10.0.0.50 out",
        port_id=port["id"], fixed_ip_address="10.0.0.50", router_id=router,
    )
    one = "203.0.113.77"
    for filters, wanted in [
        ("--network out", 2),
        ("--port vm", 1),
        ("--fixed-ip-address 10.0.0.50", 1),
        ("--floating-ip-address 203.0.113.77", 1),
        ("--status DOWN", 2),
        ("--project red", 0),
        ("--router path", 1),
        ("--tags warm", 1),
    ]:
        rows = os.rows(f"floating ip list {filters}")
        assert len(rows) == wanted, f"{filters}: {rows}"
    [row] = os.rows("floating ip list --long --floating-ip-address 203.0.113.77")
    assert row["Description"] == "first" and row["DNS Name"] == "www", row
    os.json("port create --network red --fixed-ip subnet=four,ip-address=10.0.0.60 spare")
    os.silent(f"floating ip set --port spare --description second --no-qos-policy --tag cold {one}")
    os.json(
        f"floating ip show {one}", fixed_ip_address="10.0.0.60", description="second", router_id=router,
        qos_policy_id=None, tags=["cold", "warm"],
    )
    os.fails("router remove subnet path four", "409")
    os.fails("router unset --external-gateway path", "409")
    os.silent(f"floating ip set --qos-policy gold {one}")
    os.silent(f"floating ip unset --port --qos-policy --tag cold {one}")
    os.json(f"floating ip show {one}", port_id=None, router_id=None, qos_policy_id=None, tags=["warm"])
    os.fails("floating ip pool list", "only available for Compute v2 network")


def forwardings(os):
    ip = "203.0.113.77"
    os.json(
        f"floating ip port forwarding create --internal-ip-address 10.0.0.60 --port spare "
        f"--internal-protocol-port 80 --external-protocol-port 8080 --protocol tcp --description first {ip}",
        internal_ip_address="10.0.0.60", internal_port=80, external_port=8080, protocol="tcp",
        description="first",
    )
    made = os.json(
        f"floating ip port forwarding create --internal-ip-address 10.0.0.60 --port spare "
        f"--internal-protocol-port 100 --external-protocol-port 2000 --protocol udp {ip}",
        internal_port=100, external_port=2000, protocol="udp",
    )
    listing = f"floating ip port forwarding list {ip}"
    os.lists(listing, "tcp", "udp", by="Protocol")
    os.lists(f"{listing} --protocol tcp", "tcp", by="Protocol")
    os.lists(f"{listing} --port spare", "tcp", "udp", by="Protocol")
    os.lists(f"{listing} --external-protocol-port 8080", "tcp", by="Protocol")
    os.silent(
        f"floating ip port forwarding set --external-protocol-port 3000 --internal-protocol-port 99 "
        f"--protocol tcp --description second {ip} {made['id']}"
    )
    os.json(
        f"floating ip port forwarding show {ip} {made['id']}", external_port=3000, internal_port=99,
        protocol="tcp", description="second",
    )
    os.fails(f"floating ip port forwarding set --external-protocol-port 8080 {ip} {made['id']}", "4")
    os.fails(f"floating ip set --port spare {ip}", "409")
    details = os.json(f"floating ip show {ip}")["port_details"]
    assert details is None or details["name"] == "spare", details
    os.silent(f"floating ip port forwarding delete {ip} {made['id']}")
    os.lists(listing, "tcp", by="Protocol")


def helpers(os):
    made = os.json(
        "network l3 conntrack helper create --helper tftp --protocol udp --port 69 path",
        helper="tftp", protocol="udp", port=69,
    )
    os.lists("network l3 conntrack helper list path", "tftp", by="Helper")
    os.silent(f"network l3 conntrack helper set --port 6900 path {made['id']}")
    os.json(f"network l3 conntrack helper show path {made['id']}", port=6900, helper="tftp")
    os.fails("network l3 conntrack helper create --helper tftp --protocol udp --port 6900 path", "4")
    os.silent(f"network l3 conntrack helper delete path {made['id']}")
    os.lists("network l3 conntrack helper list path", by="Helper")


def flavors(os):
    os.json(
        "network flavor create --service-type L3_ROUTER_NAT --description first --disable vanilla",
        name="vanilla", service_type="L3_ROUTER_NAT", description="first", enabled=False,
    )
    profile = os.json(
        "network flavor profile create --description first --enable --metainfo fast",
        description="first", enabled=True, meta_info="fast",
    )
    os.lists("network flavor list", "vanilla")
    os.lists("network flavor profile list", profile["id"], by="ID")
    os.silent(f"network flavor add profile vanilla {profile['id']}")
    os.json("network flavor show vanilla", service_profile_ids=[profile["id"]])
    os.fails(f"network flavor profile delete {profile['id']}", "1 of 1")
    os.silent("network flavor set --name plain --description second --enable vanilla")
    os.json("network flavor show plain", description="second", enabled=True)
    os.fails(f"network flavor profile set --disable {profile['id']}", "409")
    os.silent(f"network flavor remove profile plain {profile['id']}")
    os.json("network flavor show plain", service_profile_ids=[])
    os.silent(f"network flavor profile set --description second --disable --metainfo slow {profile['id']}")
    os.json(f"network flavor profile show {profile['id']}", description="second", enabled=False, meta_info="slow")
    os.silent(f"network flavor profile delete {profile['id']}")
    os.silent("network flavor delete plain")
    os.lists("network flavor list")
    os.lists("network service provider list", "alcor")


def meters(os):
    made = os.json(
        "network meter create --description first --project operators --share count",
        name="count", description="first", shared=True, project_id="operators",
    )
    os.lists("network meter list", "count")
    os.json("network meter show count", id=made["id"])
    rule = os.json(
        "network meter rule create --ingress --exclude --source-ip-prefix 10.0.0.0/24 "
        "--destination-ip-prefix 203.0.113.0/24 count",
        direction="ingress", is_excluded=True, source_ip_prefix="10.0.0.0/24",
        destination_ip_prefix="203.0.113.0/24", metering_label_id=made["id"],
    )
    os.lists("network meter rule list", rule["id"], by="ID")
    os.json(f"network meter rule show {rule['id']}", is_excluded=True)
    os.silent(f"network meter rule delete {rule['id']}")
    os.silent("network meter delete count")
    os.gone("network meter", "count")


def ends(os):
    os.fails("network delete out", "1 of 1")
    ip = "203.0.113.77"
    os.fails(f"floating ip delete {ip}", "in use by Port Forwarding")
    [row] = os.rows(f"floating ip port forwarding list {ip}")
    os.silent(f"floating ip port forwarding delete {ip} {row['ID']}")
    for row in os.rows("floating ip list"):
        os.silent(f"floating ip delete {row['ID']}")
    os.silent("router remove subnet path four")
    os.silent("router delete path other third")
    os.lists("router list")
    os.gone("router", "path")
    os.silent("port delete vm spare")
    os.silent("network delete red out")


main(
    outside, routers, interfaces, gateways, routes, floating_ips, forwardings, helpers, flavors,
    meters, ends,
)
