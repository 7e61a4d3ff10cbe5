"""Networks, segments, segment ranges, how many addresses are in use; tags."""

from shell import main


def networks(os):
    os.json("network qos policy create gold")
    red = os.json(
        "network create --description first --mtu 1400 --dns-domain example.org. --tag warm --tag red "
        "--disable-port-security --qos-policy gold --project red red",
        name="red", description="first", mtu=1400, dns_domain="example.org.", tags=["red", "warm"],
        port_security_enabled=False, project_id="red", shared=False, admin_state_up=True,
        status="ACTIVE", router__external=False, provider__network_type="vxlan",
    )
    gold = os.json("network qos policy show gold", name="gold")["id"]
    os.json("network show red", id=red["id"], qos_policy_id=gold)
    os.json(
        "network create --provider-network-type vlan --provider-physical-network physnet "
        "--provider-segment 7 --external --share --disable blue",
        provider__network_type="vlan", provider__physical_network="physnet",
        provider__segmentation_id=7, router__external=True, shared=True, admin_state_up=False,
    )
    os.fails(
        "network create --provider-network-type vlan --provider-physical-network physnet "
        "--provider-segment 7 green", "409", "in use",
    )
    os.fails("network create --provider-network-type vlan --provider-segment 5000 green", "400")
    os.fails("network create --mtu 9999 big", "400")


def lists_of_networks(os):
    for filters, wanted in [
        ("", ["red", "blue"]),
        ("--name red", ["red"]),
        ("--external", ["blue"]),
        ("--internal", ["red"]),
        ("--share", ["blue"]),
        ("--no-share", ["red"]),
        ("--enable", ["red"]),
        ("--disable", ["blue"]),
        ("--project red", ["red"]),
        ("--status ACTIVE", ["red", "blue"]),
        ("--status DOWN", []),
        ("--provider-network-type vlan", ["blue"]),
        ("--provider-physical-network physnet", ["blue"]),
        ("--provider-segment 7", ["blue"]),
        ("--tags warm", ["red"]),
        ("--tags warm,red", ["red"]),
        ("--any-tags warm,cold", ["red"]),
        ("--not-tags warm", ["blue"]),
        ("--not-any-tags warm,cold", ["blue"]),
    ]:
        os.lists(f"network list {filters}", *wanted)
    [row] = os.rows("network list --long --name red")
    assert row["Network Type"] == "vxlan" and row["State"] is True, row
    assert row["Shared"] is False and row["Tags"] == ["red", "warm"], row


def changes_of_networks(os):
    os.silent(
        "network set --name rot --disable --description second --mtu 1390 --enable-port-security "
        "--no-qos-policy --share --external --tag cold red"
    )
    os.json(
        "network show rot", admin_state_up=False, description="second", mtu=1390, shared=True,
        port_security_enabled=True, qos_policy_id=None, router__external=True,
        tags=["cold", "red", "warm"],
    )
    os.silent("network set --internal --no-share --enable --no-tag rot")
    os.json("network show rot", router__external=False, shared=False, admin_state_up=True, tags=[])
    os.silent("network set --dns-domain example.net. --tag one --tag two rot")
    os.silent("network unset --tag one rot")
    os.json("network show rot", dns_domain="example.net.", tags=["two"])
    os.silent("network unset --all-tag rot")
    os.json("network show rot", tags=[])
    os.silent("network set --extra-property type=int,name=mtu,value=1380 rot")
    os.json("network show rot", mtu=1380)
    os.silent("network set --default blue")
    os.json("network show blue", is_default=True)
    os.silent("network set --no-default blue")
    os.json("network show blue", is_default=False)


def segments(os):
    first = os.lists("network segment list --network blue", "vlan", by="Network Type")[0]
    os.json(f"network segment show {first['ID']}", physical_network="physnet", segmentation_id=7)
    made = os.json(
        "network segment create --network blue --network-type vlan --physical-network other "
        "--segment 8 --description second east",
        name="east", network_type="vlan", physical_network="other", segmentation_id=8,
        description="second",
    )
    os.json("network segment create --network blue --network-type geneve --segment 9 west", name="west")
    os.lists("network segment list --network blue", None, "east", "west")
    os.lists("network segment list --network rot", "vxlan", by="Network Type")
    [east] = [row for row in os.rows("network segment list --long") if row["Name"] == "east"]
    assert (east["ID"], east["Segment"], east["Physical Network"]) == (made["id"], 8, "other"), east
    os.silent("network segment set --name ost --description changed east")
    os.json("network segment show ost", id=made["id"], description="changed")
    # A network of several segments tells them as a list instead of its provider attributes.
    shown = os.json("network show blue", provider__network_type=None)
    kinds = sorted(one["provider:network_type"] for one in shown["segments"])
    assert kinds == ["geneve", "vlan", "vlan"], shown
    os.silent("network segment delete ost west")
    os.gone("network segment", "ost")
    os.json("network show blue", provider__network_type="vlan", provider__segmentation_id=7)


def segment_ranges(os):
    os.json(
        "network segment range create --private --project red --network-type vxlan "
        "--minimum 5000 --maximum 5009 mine",
        name="mine", shared=False, project_id="red", network_type="vxlan", minimum=5000,
        maximum=5009, default=False, used={}, physical_network=None,
    )
    os.json(
        "network segment range create --shared --network-type vlan --physical-network physnet "
        "--minimum 200 --maximum 209 tags",
        name="tags", shared=True, physical_network="physnet", minimum=200, maximum=209,
    )
    used = os.json("network create --project red ranged", provider__network_type="vxlan")
    segment = used["provider:segmentation_id"]
    assert 5000 <= segment <= 5009, used
    shown = os.json("network segment range show mine")
    # The client writes consecutive ids as one range.
    assert shown["used"] == {"red": [str(segment)]}, shown
    assert str(segment) not in " ".join(shown["available"]), shown
    # The ranges of the settings have no name.
    os.lists("network segment range list --used", "", "mine")
    names = {row["Name"] for row in os.rows("network segment range list --unused")}
    assert names == {"", "tags"}, names
    names = {row["Name"] for row in os.rows("network segment range list --available --long")}
    assert names == {"", "tags", "mine"}, names
    os.lists("network segment range list --unavailable")
    os.silent("network segment range set --name ours --minimum 4990 --maximum 5019 mine")
    os.json("network segment range show ours", minimum=4990, maximum=5019)
    os.fails(f"network segment range set --minimum {segment + 1} --maximum 5019 ours", "409", "referenced")
    os.fails("network segment range delete ours", "1 of 1")
    os.silent("network delete ranged")
    os.silent("network segment range delete ours tags")
    os.gone("network segment range", "ours")


def availability(os):
    os.json("subnet create --network rot --subnet-range 10.0.0.0/24 four", gateway_ip="10.0.0.1")
    os.json("subnet create --network rot --ip-version 6 --subnet-range fd00::/120 six")
    os.json("port create --network rot one")
    [row] = os.rows("ip availability list")
    assert (row["Network Name"], row["Total IPs"], row["Used IPs"]) == ("rot", 253, 1), row
    shown = os.json("ip availability show rot", network_name="rot", used_ips=2, project_id="red")
    subnets = {one["subnet_name"]: one for one in shown["subnet_ip_availability"]}
    assert subnets["four"]["used_ips"] == 1 and subnets["six"]["ip_version"] == 6, shown
    [row] = os.rows("ip availability list --ip-version 6")
    assert row["Used IPs"] == 1, row
    os.lists("ip availability list --project blue", by="Network Name")


def ends(os):
    os.fails("network delete rot", "1 of 1")
    os.silent("port delete one")
    os.silent("network delete rot")
    os.gone("subnet", "four")
    os.fails("network delete blue nobody", "1 of 2", "nobody")
    os.lists("network list")
    os.fails("network set --name x rot", "rot")


main(networks, lists_of_networks, changes_of_networks, segments, segment_ranges, availability, ends)
