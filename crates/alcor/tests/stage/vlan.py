"""A VLAN interface, for kernels that have none: `vlan.py TAG` makes the tap `vlanTAG`, and carries its
frames over eth0 with the tag and back without, until it is killed or for five minutes at most.
Says `ready` when it does.
"""

import fcntl
import os
import select
import signal
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 2, 0x1000
ETH_P_ALL, DOT1Q = 3, 0x8100
SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
VLAN_VALID = 1 << 4


def untagged(data, notes):
    """The VLAN of a frame and the frame without; the kernel may have taken the tag off."""
    for level, kind, note in notes:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, _ = struct.unpack("=IIIHHHH", note[:20])
            if status & VLAN_VALID:
                return tci & 0xFFF, data
    kind, tci = struct.unpack("!HH", data[12:16])
    if kind == DOT1Q:
        return tci & 0xFFF, data[:12] + data[16:]
    return None, data


def main(tag):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    name = f"vlan{tag}".encode()
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name, IFF_TAP | IFF_NO_PI))
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    wire.bind(("eth0", ETH_P_ALL))
    print("ready", flush=True)
    while True:
        for ready in select.select([tap, wire], [], [])[0]:
            if ready is wire:
                data, notes, _, sender = wire.recvmsg(65536, 64)
                vlan, frame = untagged(data, notes)
                if vlan == tag and sender[2] != PACKET_OUTGOING:
                    try:
                        os.write(tap, frame)
                    except OSError:
                        pass  # The interface is down.
            else:
                try:
                    frame = os.read(tap, 65536)
                except OSError:
                    return  # The interface went with its namespace.
                wire.send(frame[:12] + struct.pack("!HH", DOT1Q, tag) + frame[12:])


signal.alarm(300)
main(int(sys.argv[1]))
