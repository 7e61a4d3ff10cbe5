"""What openstacksdk can and the command line cannot. usage: proxy.py ENDPOINT TOKEN"""

import sys

import openstack
from openstack import exceptions


def connect(endpoint, token):
    return openstack.connect(
        network_endpoint_override=endpoint + "/v2.0",
        auth_type="admin_token",
        auth={"endpoint": endpoint, "token": token},
    ).network


def refused(kind, call, *arguments, **more):
    try:
        call(*arguments, **more)
    except kind as error:
        return str(error)
    raise AssertionError(f"{call.__name__} {arguments} {more} succeeded")


def finds(net):
    """Every kind is found by name and by id, and nobody is found by another name."""
    network = net.create_network(name="red")
    made = {
        "network": network,
        "subnet": net.create_subnet(network_id=network.id, name="red", ip_version=4, cidr="10.0.0.0/24"),
        "port": net.create_port(network_id=network.id, name="red"),
        "router": net.create_router(name="red"),
        "security_group": net.create_security_group(name="red"),
        "address_group": net.create_address_group(name="red", addresses=["10.0.0.0/8"]),
        "address_scope": net.create_address_scope(name="red", ip_version=4),
        "subnet_pool": net.create_subnet_pool(name="red", prefixes=["10.0.0.0/8"]),
        "qos_policy": net.create_qos_policy(name="red"),
        "metering_label": net.create_metering_label(name="red"),
        "flavor": net.create_flavor(name="red", service_type="L3_ROUTER_NAT"),
    }
    for kind, one in made.items():
        find, get = getattr(net, f"find_{kind}"), getattr(net, f"get_{kind}")
        assert find("red").id == find(one.id).id == get(one.id).id == one.id, kind
        assert find("nobody") is None, kind
        refused(exceptions.ResourceNotFound, find, "nobody", ignore_missing=False)
        refused(exceptions.ResourceNotFound, get, "00000000-0000-0000-0000-000000000000")
    second = net.create_network(name="red")
    refused(exceptions.DuplicateResource, net.find_network, "red")
    net.delete_network(second, ignore_missing=False)
    return made


def bulk(net, made):
    """Many are made at once, or none."""
    network = made["network"].id
    ports = list(net.create_ports([{"network_id": network, "name": f"p{n}"} for n in range(30)]))
    assert sorted(port.name for port in ports) == sorted(f"p{n}" for n in range(30))
    taken = [{"ip_address": "10.0.0.200"}]
    wrong = [{"network_id": network, "name": "x", "fixed_ips": taken} for _ in range(2)]
    refused(exceptions.ConflictException, net.create_ports, wrong)
    assert list(net.ports(name="x")) == []
    rules = [
        {"security_group_id": made["security_group"].id, "direction": "ingress", "ethertype": "IPv4",
         "protocol": "tcp", "port_range_min": port, "port_range_max": port}
        for port in (80, 443)
    ]
    assert len(list(net.create_security_group_rules(rules))) == 2
    refused(exceptions.ConflictException, net.create_security_group_rules, rules)
    return ports


def lists(net, made, ports):
    """Filters, pages, and fields."""
    network = made["network"].id
    assert {one.name for one in net.ports(name=["p1", "p2", "p99"])} == {"p1", "p2"}
    assert list(net.ports(network_id=network, status="ACTIVE")) == []
    assert list(net.ports(network_id=network, device_owner="compute:nova")) == []
    for limit in (1, 7, 31, 100):
        found = [one.id for one in net.ports(network_id=network, limit=limit)]
        assert len(found) == len(set(found)) == 31, (limit, len(found))
    rows = net.ports(name="p1", fields=["name"])
    assert [(row.name, row.mac_address) for row in rows] == [("p1", None)]
    [rule] = net.security_group_rules(security_group_id=made["security_group"].id, port_range_min=443)
    assert rule.protocol == "tcp"
    assert [one.id for one in net.networks(is_router_external=False)] == [network]
    assert list(net.networks(project_id="nobody")) == []
    for port in ports:
        net.delete_port(port, ignore_missing=False)
    refused(exceptions.ResourceNotFound, net.delete_port, ports[0], ignore_missing=False)


def revisions(net, made):
    """An update or a deletion of an old revision is refused."""
    network = net.get_network(made["network"].id)
    stale = network.revision_number
    fresh = net.update_network(network.id, if_revision=stale, description="first")
    assert fresh.revision_number > stale and fresh.description == "first"
    refused(exceptions.PreconditionFailedException, net.update_network, network.id, if_revision=stale, description="x")
    assert net.get_network(network.id).description == "first"
    port = net.get_port(made["port"].id)
    refused(exceptions.PreconditionFailedException, net.delete_port, port, if_revision=port.revision_number + 7)
    net.delete_port(port, ignore_missing=False, if_revision=port.revision_number)
    assert net.find_port("red") is None


def carried(net, made):
    """Calls below a resource: addresses of groups, routes, interfaces, quotas."""
    group = net.add_addresses_to_address_group(made["address_group"], ["fd00::/8"])
    assert set(group.addresses) == {"10.0.0.0/8", "fd00::/8"}, group
    group = net.remove_addresses_from_address_group(made["address_group"], ["10.0.0.0/8"])
    assert group.addresses == ["fd00::/8"], group
    router = made["router"]
    net.add_interface_to_router(router, subnet_id=made["subnet"].id)
    route = {"destination": "172.16.0.0/12", "nexthop": "10.0.0.9"}
    net.add_extra_routes_to_router(router, {"router": {"routes": [route]}})
    assert net.get_router(router.id).routes == [route]
    refused(exceptions.ConflictException, net.remove_interface_from_router, router, subnet_id=made["subnet"].id)
    net.remove_extra_routes_from_router(router, {"router": {"routes": [route]}})
    net.remove_interface_from_router(router, subnet_id=made["subnet"].id)
    assert net.update_quota("blue", networks=3).networks == 3
    assert [one.id for one in net.quotas() if one.networks == 3], list(net.quotas())
    net.delete_quota("blue", ignore_missing=False)
    assert net.get_quota("blue").networks == -1


def ends(net, made):
    for kind in reversed(made):
        if kind != "port":
            getattr(net, f"delete_{kind}")(made[kind], ignore_missing=False)
            assert getattr(net, f"find_{kind}")(made[kind].id) is None, kind


def main():
    net = connect(*sys.argv[1:])
    made = finds(net)
    lists(net, made, bulk(net, made))
    revisions(net, made)
    carried(net, made)
    ends(net, made)


main()
