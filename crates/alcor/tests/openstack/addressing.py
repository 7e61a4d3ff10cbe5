"""Subnets, subnet pools, address scopes, address groups."""

from shell import main

POOLS = [{"start": "10.0.0.10", "end": "10.0.0.20"}]
ROUTES = [{"destination": "172.16.0.0/12", "nexthop": "10.0.0.9"}]


def subnets(os):
    os.json("network create red")
    os.json("network create blue")
    four = os.json(
        "subnet create --network red --subnet-range 10.0.0.0/24 --project red --description first "
        "--allocation-pool start=10.0.0.10,end=10.0.0.20 --gateway 10.0.0.254 --no-dhcp "
        "--dns-nameserver 192.0.2.1 --dns-nameserver 192.0.2.2 --service-type compute:nova "
        "--host-route destination=172.16.0.0/12,gateway=10.0.0.9 --dns-publish-fixed-ip --tag warm four",
        cidr="10.0.0.0/24", project_id="red", description="first", allocation_pools=POOLS,
        gateway_ip="10.0.0.254", enable_dhcp=False, dns_nameservers=["192.0.2.1", "192.0.2.2"],
        host_routes=ROUTES, service_types=["compute:nova"], dns_publish_fixed_ip=True,
        tags=["warm"], ip_version=4, ipv6_ra_mode=None, subnetpool_id=None,
    )
    os.json("subnet show four", id=four["id"], host_routes=ROUTES, segment_id=None)
    os.json(
        "subnet create --network blue --ip-version 6 --subnet-range fd00:0:0:1::/64 "
        "--ipv6-ra-mode slaac --ipv6-address-mode slaac six",
        gateway_ip="fd00:0:0:1::1", ipv6_ra_mode="slaac", ipv6_address_mode="slaac", enable_dhcp=True,
    )
    os.json("subnet create --network blue --subnet-range 10.1.0.0/24 --gateway none bare", gateway_ip=None)
    os.fails("subnet create --network red --subnet-range 10.0.0.0/25 again", "400", "overlaps")
    os.fails("subnet create --network red --subnet-range 10.3.0.0/24 --gateway 10.3.0.0 bad", "400")
    os.fails("subnet create --network red --ip-version 6 --subnet-range 10.3.0.0/24 bad", "400")


def lists_of_subnets(os):
    for filters, wanted in [
        ("", ["four", "six", "bare"]),
        ("--name four", ["four"]),
        ("--ip-version 6", ["six"]),
        ("--dhcp", ["six", "bare"]),
        ("--no-dhcp", ["four"]),
        ("--project red", ["four"]),
        ("--network blue", ["six", "bare"]),
        ("--gateway 10.0.0.254", ["four"]),
        ("--subnet-range 10.1.0.0/24", ["bare"]),
        ("--tags warm", ["four"]),
        ("--not-tags warm", ["six", "bare"]),
    ]:
        os.lists(f"subnet list {filters}", *wanted)
    [row] = os.rows("subnet list --long --name four")
    assert row["DHCP"] is False and row["Name Servers"] == ["192.0.2.1", "192.0.2.2"], row
    assert row["Allocation Pools"] == POOLS and row["Host Routes"] == ROUTES, row


def changes_of_subnets(os):
    os.silent(
        "subnet set --name vier --dhcp --description second --gateway 10.0.0.1 --tag cold "
        "--no-dns-publish-fixed-ip --dns-nameserver 192.0.2.3 --service-type network:dhcp "
        "--host-route destination=172.32.0.0/16,gateway=10.0.0.8 "
        "--allocation-pool start=10.0.0.30,end=10.0.0.40 four"
    )
    shown = os.json(
        "subnet show vier", enable_dhcp=True, description="second", gateway_ip="10.0.0.1",
        tags=["cold", "warm"], dns_publish_fixed_ip=False,
        dns_nameservers=["192.0.2.3", "192.0.2.1", "192.0.2.2"],
    )
    assert sorted(shown["service_types"]) == ["compute:nova", "network:dhcp"], shown
    assert len(shown["host_routes"]) == 2 and len(shown["allocation_pools"]) == 2, shown
    os.silent(
        "subnet unset --dns-nameserver 192.0.2.1 --service-type compute:nova --tag cold "
        "--host-route destination=172.32.0.0/16,gateway=10.0.0.8 "
        "--allocation-pool start=10.0.0.30,end=10.0.0.40 vier"
    )
    os.json(
        "subnet show vier", dns_nameservers=["192.0.2.3", "192.0.2.2"], tags=["warm"],
        service_types=["network:dhcp"], host_routes=ROUTES, allocation_pools=POOLS,
    )
    os.silent("subnet unset --gateway vier")
    os.json("subnet show vier", gateway_ip=None)
    os.silent("subnet set --no-host-route --no-dns-nameservers --gateway 10.0.0.1 --no-tag vier")
    os.json("subnet show vier", host_routes=[], dns_nameservers=[], gateway_ip="10.0.0.1", tags=[])
    os.silent("subnet set --no-allocation-pool --allocation-pool start=10.0.0.2,end=10.0.0.9 vier")
    os.json("subnet show vier", allocation_pools=[{"start": "10.0.0.2", "end": "10.0.0.9"}])


def scopes(os):
    made = os.json(
        "address scope create --ip-version 4 --project red --share wide",
        name="wide", ip_version=4, shared=True, project_id="red",
    )
    os.json("address scope create --ip-version 6 --no-share long", shared=False, ip_version=6)
    for filters, wanted in [
        ("", ["wide", "long"]),
        ("--name wide", ["wide"]),
        ("--ip-version 6", ["long"]),
        ("--project red", ["wide"]),
        ("--share", ["wide"]),
        ("--no-share", ["long"]),
    ]:
        os.lists(f"address scope list {filters}", *wanted)
    os.silent("address scope set --name broad --share wide")
    os.json("address scope show broad", id=made["id"], shared=True)
    os.fails("address scope set --no-share broad", "400")


def pools(os):
    made = os.json(
        "subnet pool create --pool-prefix 10.8.0.0/16 --pool-prefix 10.9.0.0/16 --project red "
        "--default-prefix-length 26 --min-prefix-length 20 --max-prefix-length 30 --share "
        "--address-scope broad --description first --default-quota 1000 --tag warm lake",
        prefixes=["10.8.0.0/15"], default_prefixlen=26, min_prefixlen=20, max_prefixlen=30,
        shared=True, default_quota=1000, description="first", project_id="red", ip_version=4,
        is_default=False, tags=["warm"],
    )
    os.json("subnet pool create --pool-prefix fd01::/48 --default puddle", ip_version=6, is_default=True)
    os.fails("subnet pool create --pool-prefix 10.9.0.0/20 --address-scope broad overlap", "409")
    for filters, wanted in [
        ("", ["lake", "puddle"]),
        ("--share", ["lake"]),
        ("--no-share", ["puddle"]),
        ("--default", ["puddle"]),
        ("--no-default", ["lake"]),
        ("--project red", ["lake"]),
        ("--name puddle", ["puddle"]),
        ("--address-scope broad", ["lake"]),
        ("--tags warm", ["lake"]),
    ]:
        os.lists(f"subnet pool list {filters}", *wanted)
    [row] = os.rows("subnet pool list --long --name lake")
    assert (row["Default Prefix Length"], row["Shared"], row["Default Subnet Pool"]) == (26, True, False), row
    os.silent(
        "subnet pool set --name sea --description second --default-prefix-length 28 --tag cold "
        "--min-prefix-length 24 --max-prefix-length 29 --default-quota 2000 --default "
        "--pool-prefix 10.10.0.0/16 lake"
    )
    os.json(
        "subnet pool show sea", id=made["id"], description="second", default_prefixlen=28,
        min_prefixlen=24, max_prefixlen=29, default_quota=2000, is_default=True,
        prefixes=["10.8.0.0/15", "10.10.0.0/16"], tags=["cold", "warm"],
    )
    os.silent("subnet pool unset --tag cold sea")
    os.silent("subnet pool set --no-address-scope sea")
    os.json("subnet pool show sea", address_scope_id=None, tags=["warm"])
    os.silent("subnet pool set --address-scope broad --no-default sea")


def blocks(os):
    lake = os.json("subnet pool show sea")["id"]
    os.json("network create green")
    os.json(
        "subnet create --network green --subnet-pool sea --prefix-length 25 drawn",
        subnetpool_id=lake, cidr="10.10.0.0/25", gateway_ip="10.10.0.1",
    )
    os.json("subnet create --network green --subnet-pool sea next", cidr="10.10.0.128/28")
    os.json("subnet create --network green --ip-version 6 --use-default-subnet-pool six2", ip_version=6)
    os.lists("subnet list --subnet-pool sea", "drawn", "next")
    scope = os.json("address scope show broad")["id"]
    os.json("network show green", ipv4_address_scope=scope)
    os.fails("subnet create --network red --subnet-pool sea mixed", "same subnet pool")
    os.fails("subnet pool delete sea", "1 of 1")
    os.fails("address scope delete broad", "1 of 1")
    os.json("subnet pool create --pool-prefix 10.1.0.0/16 --min-prefix-length 24 taken")
    os.json("network create loose")
    os.json("subnet create --network loose --subnet-range 10.1.5.0/24 loose")
    os.silent("network onboard subnets loose taken")
    taken = os.json("subnet pool show taken")["id"]
    os.json("subnet show loose", subnetpool_id=taken)


def groups(os):
    made = os.json(
        "address group create --description first --address 10.0.0.0/24 --address 192.0.2.7 "
        "--project red office",
        name="office", description="first", project_id="red",
        addresses=["10.0.0.0/24", "192.0.2.7/32"],
    )
    os.json("address group create empty", addresses=[])
    os.lists("address group list", "office", "empty")
    os.lists("address group list --name office", "office")
    os.lists("address group list --project red", "office")
    os.silent("address group set --name home --description second --address fd00::/64 office")
    shown = os.json("address group show home", id=made["id"], description="second")
    assert sorted(shown["addresses"]) == ["10.0.0.0/24", "192.0.2.7/32", "fd00::/64"], shown
    os.silent("address group unset --address 10.0.0.0/24 --address fd00::/64 home")
    os.json("address group show home", addresses=["192.0.2.7/32"])
    os.silent("address group delete home empty")
    os.lists("address group list")


def ends(os):
    os.silent("subnet delete vier drawn next six six2 bare loose")
    os.lists("subnet list")
    os.silent("subnet pool delete sea puddle taken")
    os.gone("subnet pool", "sea")
    os.silent("address scope delete broad long")
    os.lists("address scope list")


main(subnets, lists_of_subnets, changes_of_subnets, scopes, pools, blocks, groups, ends)
