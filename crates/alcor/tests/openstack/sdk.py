"""What programs do by openstacksdk. usage: sdk.py ENDPOINT [TOKEN]"""

import sys

import openstack
from openstack import exceptions


def connect(endpoint, token=None):
    if token:
        auth = {"auth_type": "admin_token", "auth": {"endpoint": endpoint, "token": token}}
    else:
        auth = {"auth_type": "none", "auth": {"endpoint": endpoint}}
    return openstack.connect(network_endpoint_override=endpoint + "/v2.0", **auth).network


def networks(net):
    red = net.create_network(name="red", description="first", mtu=1400)
    assert (red.name, red.description, red.mtu) == ("red", "first", 1400), red
    assert net.get_network(red.id).id == red.id
    assert net.find_network("red").id == red.id
    assert net.find_network("nobody") is None
    before = red.revision_number
    changed = net.update_network(red, name="red2", is_admin_state_up=False)
    assert changed.name == "red2" and not changed.is_admin_state_up
    assert changed.revision_number > before
    net.set_tags(red, ["blue", "green"])
    assert [found.id for found in net.networks(tags="blue")] == [red.id]
    assert list(net.networks(name="red")) == []
    return red


def subnets(net, network):
    four = net.create_subnet(
        network_id=network.id,
        name="four",
        ip_version=4,
        cidr="10.0.0.0/24",
        allocation_pools=[{"start": "10.0.0.10", "end": "10.0.0.99"}],
        dns_nameservers=["192.0.2.1"],
        host_routes=[{"destination": "172.16.0.0/12", "nexthop": "10.0.0.9"}],
    )
    assert four.gateway_ip == "10.0.0.1" and four.is_dhcp_enabled
    six = net.create_subnet(network_id=network.id, ip_version=6, cidr="2001:db8::/64")
    assert {found.id for found in net.subnets(network_id=network.id)} == {four.id, six.id}
    assert net.update_subnet(four, name="4").name == "4"
    try:
        net.create_subnet(network_id=network.id, ip_version=4, cidr="10.0.0.128/25")
    except exceptions.BadRequestException as error:
        assert "overlaps with another subnet" in str(error), error
    else:
        raise AssertionError("an overlapping subnet was made")
    return four


def ports(net, network, subnet):
    fixed = [{"subnet_id": subnet.id, "ip_address": "10.0.0.50"}]
    port = net.create_port(network_id=network.id, name="one", fixed_ips=fixed)
    assert port.status == "DOWN" and port.binding_vif_type == "unbound"
    bulk = net.create_ports([{"network_id": network.id, "name": f"p{n}"} for n in range(20)])
    made = list(bulk)
    assert len({one.mac_address for one in made}) == 20
    try:
        net.create_port(network_id=network.id, fixed_ips=fixed)
    except exceptions.ConflictException:
        pass
    else:
        raise AssertionError("an address was given twice")
    found = net.ports(network_id=network.id, fixed_ips=["ip_address=10.0.0.50"])
    assert [one.id for one in found] == [port.id]
    pages = net.ports(network_id=network.id, limit=7, fields=["id", "name"])
    assert {one.id for one in pages} == {one.id for one in made} | {port.id}
    bound = net.update_port(port, binding_host_id="nowhere")
    assert bound.binding_vif_type == "binding_failed"
    try:
        net.delete_network(network, ignore_missing=False)
    except exceptions.ConflictException:
        pass
    else:
        raise AssertionError("a network with ports was deleted")
    return [port, *made]


def main():
    net = connect(*sys.argv[1:])
    network = networks(net)
    subnet = subnets(net, network)
    for port in ports(net, network, subnet):
        net.delete_port(port, ignore_missing=False)
    assert list(net.ports()) == []
    assert net.find_extension("binding") is not None
    assert list(net.agents()) == []
    net.delete_network(network, ignore_missing=False)
    assert list(net.networks()) == [] and list(net.subnets()) == []


main()
