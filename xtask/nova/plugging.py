"""A compute driver that fakes the guest and nothing of its network.

Nova's fake driver neither plugs interfaces nor waits for events. This one does both as libvirt's
driver and os-vif do: it adds the interface to br-int with the port's id, and lets the guest run
when Nova has heard network-vif-plugged.
"""

import os

from oslo_concurrency import processutils

import nova.conf
from nova.virt import fake

CONF = nova.conf.CONF


def vsctl(*words):
    """Changes the host's switch, and waits until it has taken the change."""
    database = "--db=" + os.environ["ALCOR_OVSDB"]
    return processutils.execute("ovs-vsctl", "--timeout=20", database, *words)


def plug(vif, instance):
    """What os-vif does for an interface of Open vSwitch."""
    ids = {
        "iface-id": vif["id"],
        "iface-status": "active",
        "attached-mac": vif["address"],
        "vm-uuid": instance.uuid,
    }
    words = ['external_ids:%s="%s"' % item for item in ids.items()]
    name, bridge = vif["devname"], vif["network"]["bridge"]
    vsctl(
        "--", "--may-exist", "add-port", bridge, name,
        "--", "set", "Interface", name, "type=internal", *words,
    )


def unplug(vif):
    """Takes the interface out of the switch; one that was never in is no failure."""
    vsctl("--", "--if-exists", "del-port", vif["network"]["bridge"], vif["devname"])


class PluggingDriver(fake.FakeDriver):
    """The driver; nova.conf names it."""

    def spawn(self, context, instance, *rest, network_info=None, **named):
        waiting = [
            ("network-vif-plugged", vif["id"])
            for vif in network_info
            if vif.get("active") is False
        ]
        with self.virtapi.wait_for_instance_event(
            instance, waiting, timeout=CONF.vif_plugging_timeout
        ):
            self.plug_vifs(instance, network_info)
        super().spawn(context, instance, *rest, network_info=network_info, **named)

    def plug_vifs(self, instance, network_info):
        for vif in network_info:
            plug(vif, instance)

    def unplug_vifs(self, instance, network_info):
        for vif in network_info:
            unplug(vif)

    def destroy(self, context, instance, network_info, *rest, **named):
        super().destroy(context, instance, network_info, *rest, **named)
        self.unplug_vifs(instance, network_info)

    def cleanup(self, context, instance, network_info, *rest, **named):
        super().cleanup(context, instance, network_info, *rest, **named)
        self.unplug_vifs(instance, network_info)

    def attach_interface(self, context, instance, image_meta, vif):
        super().attach_interface(context, instance, image_meta, vif)
        plug(vif, instance)

    def detach_interface(self, context, instance, vif):
        super().detach_interface(context, instance, vif)
        unplug(vif)
