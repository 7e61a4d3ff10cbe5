"""Agents and availability zones, in a region with one host h1."""

from shell import main


def agents(os):
    rows = os.rows("network agent list --long")
    assert rows and all(row["Host"] == "h1" and row["Alive"] is True for row in rows), rows
    for row in rows:
        os.json(f"network agent show {row['ID']}", host="h1", alive=True, admin_state_up=True)
    [dhcp] = os.lists("network agent list --agent-type dhcp", "DHCP agent", by="Agent Type")
    os.lists("network agent list --host h1 --agent-type open-vswitch", "Open vSwitch agent", by="Agent Type")
    os.lists("network agent list --host nowhere", by="Host")
    one = dhcp["ID"]
    os.silent(f"network agent set --description first --disable {one}")
    os.json(f"network agent show {one}", description="first", admin_state_up=False)
    os.silent(f"network agent set --enable {one}")
    os.json(f"network agent show {one}", admin_state_up=True)
    os.fails("network agent set --enable nobody", "No Agent found")


def networks(os):
    [dhcp] = os.lists("network agent list --agent-type dhcp", "DHCP agent", by="Agent Type")
    os.json("network create red")
    os.lists("network agent list --network red", by="ID")
    os.silent(f"network agent add network --dhcp {dhcp['ID']} red")
    os.lists("network agent list --network red", dhcp["ID"], by="ID")
    os.lists(f"network list --agent {dhcp['ID']}", "red")
    os.silent(f"network agent remove network --dhcp {dhcp['ID']} red")
    os.lists(f"network list --agent {dhcp['ID']}")
    os.silent("network delete red")


def zones(os):
    rows = os.rows("availability zone list --network --long")
    assert {row["Zone Resource"] for row in rows} == {"network", "router"}, rows
    assert {row["Zone Status"] for row in rows} == {"available"}, rows


main(agents, networks, zones)
