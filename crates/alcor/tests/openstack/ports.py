"""Ports with all they carry, and trunks of them."""

from shell import main


def ports(os):
    os.json("network create red")
    os.json("subnet create --network red --subnet-range 10.0.0.0/24 four")
    os.json("subnet create --network red --ip-version 6 --subnet-range fd00::/64 six")
    os.json("network qos policy create gold")
    os.json("security group create web")
    os.json("security group create db")
    web, gold = os.json("security group show web")["id"], os.json("network qos policy show gold")["id"]
    four = os.json("subnet show four")["id"]
    os.json(
        "port create --network red --description first --project operators --disable "
        "--fixed-ip subnet=four,ip-address=10.0.0.15 --mac-address 02:00:00:00:00:01 "
        "--device vm-1 --device-owner compute:nova --vnic-type direct --host nowhere "
        "--dns-name web --security-group web --qos-policy gold "
        "--binding-profile physical_network=physnet --binding-profile '{\"pci\": {\"slot\": 1}}' "
        "--allowed-address ip-address=10.0.0.99,mac-address=02:00:00:00:00:09 "
        "--allowed-address ip-address=10.9.0.0/16 --numa-policy-preferred "
        "--extra-dhcp-option name=mtu,value=1400 --extra-dhcp-option name=dns-server,value=fd00::9,ip-version=6 "
        "--enable-uplink-status-propagation --tag warm web",
        name="web", description="first", admin_state_up=False, project_id="operators",
        fixed_ips=[{"subnet_id": four, "ip_address": "10.0.0.15"}], mac_address="02:00:00:00:00:01",
        device_id="vm-1", device_owner="compute:nova", binding_vnic_type="direct",
        binding_host_id="nowhere", binding_vif_type="binding_failed", dns_name="web",
        security_group_ids=[web], qos_policy_id=gold, numa_affinity_policy="preferred",
        propagate_uplink_status=True, tags=["warm"], port_security_enabled=True,
        binding_profile={"physical_network": "physnet", "pci": {"slot": 1}}, status="DOWN",
    )
    shown = os.json("port show web")
    assert {"ip_address": "10.9.0.0/16", "mac_address": "02:00:00:00:00:01"} in shown["allowed_address_pairs"]
    assert {"ip_address": "10.0.0.99", "mac_address": "02:00:00:00:00:09"} in shown["allowed_address_pairs"]
    options = {(one["opt_name"], one["opt_value"], one["ip_version"]) for one in shown["extra_dhcp_opts"]}
    assert options == {("mtu", "1400", 4), ("dns-server", "fd00::9", 6)}, shown
    assert shown["dns_assignment"][0]["fqdn"] == "web.openstacklocal.", shown
    os.json("port create --network red --no-security-group --disable-port-security db", security_group_ids=[])
    os.json("port create --network red --no-fixed-ip bare", fixed_ips=[])
    os.json("port create --network red --fixed-ip subnet=six both", dns_domain="")
    os.fails("port create --network red --fixed-ip ip-address=10.0.0.15 again", "409", "already allocated")
    os.fails("port create --network red --fixed-ip ip-address=172.16.0.1 far", "400")
    os.fails("port create --network red --mac-address 02:00:00:00:00:01 again", "409", "in use")


def lists_of_ports(os):
    web = os.json("port show web")["id"]
    for filters, wanted in [
        ("", ["web", "db", "bare", "both"]),
        ("--network red", ["web", "db", "bare", "both"]),
        ("--device-owner compute:nova", ["web"]),
        ("--device-id vm-1", ["web"]),
        ("--host nowhere", ["web"]),
        ("--mac-address 02:00:00:00:00:01", ["web"]),
        ("--name web", ["web"]),
        ("--project operators", ["web", "db", "bare", "both"]),
        ("--project red", []),
        ("--fixed-ip ip-address=10.0.0.15", ["web"]),
        ("--fixed-ip subnet=six", ["db", "both"]),
        ("--fixed-ip subnet=four,ip-substring=0.0.15", ["web"]),
        ("--tags warm", ["web"]),
        ("--not-tags warm", ["db", "bare", "both"]),
    ]:
        os.lists(f"port list {filters}", *wanted)
    [row] = os.rows("port list --long --name web")
    assert (row["ID"], row["Status"], row["Device Owner"]) == (web, "DOWN", "compute:nova"), row


def changes_of_ports(os):
    os.silent(
        "port set --name www --enable --description second --device vm-2 --device-owner compute:b "
        "--fixed-ip subnet=six --security-group db --allowed-address ip-address=10.8.0.0/16 "
        "--extra-dhcp-option name=ntp-server,value=10.0.0.3 --binding-profile more=1 "
        "--vnic-type normal --host elsewhere --dns-name www --numa-policy-legacy "
        "--data-plane-status ACTIVE --tag cold web"
    )
    shown = os.json(
        "port show www", admin_state_up=True, description="second", device_id="vm-2",
        device_owner="compute:b", binding_vnic_type="normal", binding_host_id="elsewhere",
        dns_name="www", data_plane_status="ACTIVE", tags=["cold", "warm"], numa_affinity_policy="legacy",
        binding_profile={"physical_network": "physnet", "pci": {"slot": 1}, "more": "1"},
    )
    assert len(shown["fixed_ips"]) == 2 and len(shown["security_group_ids"]) == 2, shown
    assert len(shown["allowed_address_pairs"]) == 3 and len(shown["extra_dhcp_opts"]) == 3, shown
    db = os.json("security group show db")["id"]
    os.silent(
        "port unset --fixed-ip ip-address=10.0.0.15,subnet=four --security-group web --qos-policy "
        "--allowed-address ip-address=10.8.0.0/16,mac-address=02:00:00:00:00:01 --numa-policy "
        "--binding-profile more --data-plane-status --host --tag warm www"
    )
    shown = os.json(
        "port show www", security_group_ids=[db], qos_policy_id=None, numa_affinity_policy=None,
        data_plane_status=None, binding_host_id="", tags=["cold"], binding_vif_type="unbound",
        binding_profile={"physical_network": "physnet", "pci": {"slot": 1}},
    )
    assert len(shown["fixed_ips"]) == 1 and len(shown["allowed_address_pairs"]) == 2, shown
    os.silent(
        "port set --no-fixed-ip --no-security-group --no-allowed-address --no-binding-profile "
        "--no-tag --qos-policy gold www"
    )
    gold = os.json("network qos policy show gold")["id"]
    os.json(
        "port show www", fixed_ips=[], security_group_ids=[], allowed_address_pairs=[],
        binding_profile={}, tags=[], qos_policy_id=gold,
    )
    os.silent("port set --no-fixed-ip --fixed-ip subnet=four,ip-address=10.0.0.20 www")
    os.lists("port list --fixed-ip ip-address=10.0.0.20", "www")
    os.silent("port set --disable-port-security www")
    os.json("port show www", port_security_enabled=False)
    os.fails("port set --allowed-address ip-address=10.8.0.0/16 www", "409")
    os.fails("port set --fixed-ip ip-address=10.0.0.20 bare", "409")


def trunks(os):
    for name in ("parent", "child", "kid"):
        os.json(f"port create --network red {name}")
    child, kid = os.json("port show child")["id"], os.json("port show kid")["id"]
    made = os.json(
        "network trunk create --parent-port parent --description first --disable "
        "--subport port=child,segmentation-type=vlan,segmentation-id=10 trunk",
        name="trunk", description="first", admin_state_up=False, port_id=os.json("port show parent")["id"],
        sub_ports=[{"port_id": child, "segmentation_type": "vlan", "segmentation_id": 10}],
    )
    os.json("network trunk show trunk", id=made["id"], status=made["status"])
    os.lists("network trunk list", "trunk")
    [row] = os.rows("network trunk list --long")
    assert row["Parent Port"] == made["port_id"] and row["Description"] == "first", row
    os.silent(
        "network trunk set --name stem --description second --enable "
        "--subport port=kid,segmentation-type=vlan,segmentation-id=11 trunk"
    )
    os.json("network trunk show stem", description="second", admin_state_up=True)
    rows = os.lists("network subport list --trunk stem", child, kid, by="Port")
    assert {row["Segmentation ID"] for row in rows} == {10, 11}, rows
    os.json("port show child", device_owner="trunk:subport")
    details = os.json("port show parent")["trunk_details"]
    assert details["trunk_id"] == made["id"] and len(details["sub_ports"]) == 2, details
    os.fails("port delete child", "1 of 1")
    os.fails("network trunk create --parent-port parent more", "in a trunk")
    os.fails("network trunk set --subport port=bare,segmentation-type=vlan,segmentation-id=11 stem", "11")
    os.silent("network trunk unset --subport child --subport kid stem")
    os.lists("network subport list --trunk stem", by="Port")
    os.silent("network trunk delete stem")
    os.lists("network trunk list")
    os.json("port show child", device_owner="", device_id="")


def ends(os):
    os.fails("network delete red", "1 of 1")
    os.silent("port delete www db bare both parent child kid")
    os.lists("port list")
    os.gone("port", "www")
    os.silent("network delete red")


main(ports, lists_of_ports, changes_of_ports, trunks, ends)
