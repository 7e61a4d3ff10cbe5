"""Frames as no sound guest sends them. `send SPEC...` writes them to eth0, each with its label;
`hear LABEL...` says which labels came in, once all of these did.

A SPEC is `label:kind,key=value,...`: `smac`, `dmac`, `src`, `dst`, and what the kind needs.
"""

import json
import re
import socket
import struct
import sys

ETH_P_ALL = 3
FRAME = re.compile(rb"<<([a-z0-9-]+)>>")


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def address(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def crc32c(data):
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF


def summed(spec, protocol, data, at):
    """The checksum over the pseudo header, written at its place."""
    src, dst = address(spec["src"]), address(spec["dst"])
    pseudo = src + dst + struct.pack("!II", len(data), protocol)
    if len(src) == 4 and protocol == 1:
        pseudo = b""
    value = struct.pack("!H", checksum(pseudo + data))
    return data[:at] + value + data[at + 2 :]


def ip(spec, protocol, data, fragment=0):
    src, dst = address(spec["src"]), address(spec["dst"])
    hops = int(spec.get("hops", 255))
    if len(src) == 16:
        if fragment:
            data = struct.pack("!BBHI", protocol, 0, fragment, 7) + data
            protocol = 44
        return 0x86DD, struct.pack("!IHBB", 6 << 28, len(data), protocol, hops) + src + dst + data
    # In IPv4 the offset is in units of eight bytes, and the bit for more is the third.
    where = fragment >> 3 | (fragment & 1) << 13
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 7, where, hops, protocol, 0) + src + dst
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return 0x0800, head + data


def label(spec):
    text = b"<<" + spec["label"].encode() + b">>"
    return text + b"." * (-len(text) % 8)


def udp(spec):
    data = label(spec)
    ports = struct.pack("!HHHH", int(spec["sport"]), int(spec["dport"]), 8 + len(data), 0)
    return ip(spec, 17, summed(spec, 17, ports + data, 6))


def fragmented(spec):
    """The first or the later part of a datagram of two; each has the label with the part behind it."""
    # Trackers take shorter parts than 1200 bytes for an attack.
    both = [label({"label": f"{spec['label']}-{part}"}) * 80 for part in ("first", "later")]
    both = [part[:1304] for part in both]
    length = 8 + sum(map(len, both))
    ports = struct.pack("!HHHH", int(spec["sport"]), int(spec["dport"]), length, 0)
    whole = summed(spec, 17, ports + b"".join(both), 6)
    cut = 8 + len(both[0])
    if spec["part"] == "first":
        return ip(spec, 17, whole[:cut], 1)
    return ip(spec, 17, whole[cut:], cut)


def sctp(spec):
    """INIT where it comes from a client, INIT ACK where `kind=2`."""
    chunk = label(spec)
    kind = int(spec.get("chunk", 1))
    init = struct.pack("!IIHHI", 1, 65535, 1, 1, 1)
    parameter = struct.pack("!HH", 0x8003, 4 + len(chunk)) + chunk
    body = struct.pack("!BBH", kind, 0, 4 + len(init) + len(parameter)) + init + parameter
    tag = 0 if kind == 1 else 1
    head = struct.pack("!HHII", int(spec["sport"]), int(spec["dport"]), tag, 0)
    crc = struct.pack("<I", crc32c(head + body))
    return ip(spec, 132, head[:8] + crc + body)


def plain(spec):
    """Ports of a protocol that nobody on the way looks into."""
    ports = struct.pack("!HHI", int(spec["sport"]), int(spec["dport"]), 0)
    return ip(spec, int(spec["protocol"]), ports + label(spec))


def option(kind, value):
    value += b"\0" * (-(2 + len(value)) % 8)
    return bytes([kind, (2 + len(value)) // 8]) + value


def discovery(spec):
    """Kind 133 to 136, with a target or a link-layer address where there is one."""
    kind = int(spec["type"])
    body = {133: b"\0" * 4, 134: b"\x40\x00\x07\x08" + b"\0" * 8}.get(kind)
    if body is None:
        flags = 0x20000000 if kind == 136 else 0
        body = struct.pack("!I", flags) + address(spec["target"])
    if "lladdr" in spec:
        body += option(2 if kind == 136 else 1, mac(spec["lladdr"]))
    body += option(14, label(spec))
    return ip(spec, 58, summed(spec, 58, struct.pack("!BBH", kind, 0, 0) + body, 2))


def failure(spec):
    """An error about a datagram that was never sent."""
    about = dict(spec, src=spec["dst"], dst=spec["src"])
    _, packet = udp(about)
    six = ":" in spec["src"]
    kind, protocol = ((1, 4), 58) if six else ((3, 3), 1)
    data = struct.pack("!BBHI", *kind, 0, 0) + packet
    return ip(spec, protocol, summed(spec, protocol, data, 2))


def arp(spec):
    head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2)
    sender, target = mac(spec["lladdr"]) + address(spec["src"]), mac(spec["dmac"]) + address(spec["dst"])
    return 0x0806, head + sender + target + label(spec)


KINDS = {
    "udp": udp,
    "fragment": fragmented,
    "sctp": sctp,
    "plain": plain,
    "nd": discovery,
    "error": failure,
    "arp": arp,
}


def frame(text):
    name, rest = text.split(":", 1)
    kind, *words = rest.split(",")
    spec = dict(word.split("=", 1) for word in words if word)
    spec["label"] = name
    ethertype, data = KINDS[kind](spec)
    return mac(spec["dmac"]) + mac(spec["smac"]) + struct.pack("!H", ethertype) + data


def send(specs):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind(("eth0", 0))
    for spec in specs:
        wire.send(frame(spec))


def hear(*wanted):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    wire.bind(("eth0", ETH_P_ALL))
    print("ready", flush=True)
    heard = set()
    while not heard.issuperset(wanted):
        data, (_, _, kind, *_) = wire.recvfrom(65536)
        # Errors carry other packets, and what this VM itself sends is no news.
        if kind != socket.PACKET_OUTGOING:
            heard.update(found.decode() for found in FRAME.findall(data))
    print(json.dumps(sorted(heard)), flush=True)


task, *words = sys.argv[1:]
if task == "send":
    send(words)
else:
    hear(*words)
