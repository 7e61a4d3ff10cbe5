"""Sends DHCP messages as clients do, and some as no sound client does, from inside a VM.

usage: dhcp_probe.py MAC MESSAGE...

MESSAGE is a message type (discover, request, decline, release, inform), with options like
`request,ciaddr=10.0.0.5,to=10.0.0.1`: ciaddr, requested and server are fields of the message,
to is where it is sent instead of broadcast. `malformed` stands for many broken ones.

Prints the replies, up to the one to the last message, as a list in JSON. So that nobody has to
wait for an answer that must not come: put a message that is answered behind it.
"""

import json
import socket
import struct
import sys

SENT = {"discover": 1, "request": 3, "decline": 4, "release": 7, "inform": 8}
HEARD = {2: "offer", 5: "ack", 6: "nak"}
COOKIE = bytes.fromhex("63825363")
PATIENCE = 20


def packed(address):
    return socket.inet_aton(address)


def encode(xid, mac, kind, ciaddr="0.0.0.0", requested=None, server=None):
    none = bytes(4)
    broadcast = 0x8000
    head = struct.pack(
        "!BBBBIHH4s4s4s4s16s64s128s",
        *(1, 1, 6, 0, xid, 0, broadcast),
        *(packed(ciaddr), none, none, none, mac, b"", b""),
    )
    options = bytes([53, 1, SENT[kind]])
    if requested:
        options += bytes([50, 4]) + packed(requested)
    if server:
        options += bytes([54, 4]) + packed(server)
    return head + COOKIE + options + b"\xff"


def malformed(mac):
    good = encode(0xBAD, mac, "discover")
    yield from (good[:length] for length in range(0, 243, 9))
    yield b"\x02" + good[1:]  # a reply
    yield good[:2] + b"\xff" + good[3:]  # an address of 255 bytes
    yield good[:236] + b"\x00\x00\x00\x00" + good[240:]  # no cookie
    yield good[:240] + b"\x35\x00\xff"  # a type without a value
    yield good[:240] + b"\x35\xff\x01"  # an option beyond the end
    yield good[:240] + b"\x35\x01\x63\xff"  # an unknown type
    yield good[:24] + b"\x0a\x00\x00\x01" + good[28:]  # through a relay
    yield bytes(range(256)) * 5


def decode(data):
    options, rest = {}, data[240:]
    while rest and rest[0] != 255:
        if rest[0] == 0:
            rest = rest[1:]
            continue
        options[str(rest[0])] = rest[2 : 2 + rest[1]].hex()
        rest = rest[2 + rest[1] :]
    kind = HEARD.get(int(options.get("53", "00"), 16), "other")
    return {"type": kind, "yiaddr": socket.inet_ntoa(data[16:20]), "options": options}


def main():
    mac = bytes.fromhex(sys.argv[1].replace(":", ""))
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
    wire.bind(("", 68))
    wire.settimeout(PATIENCE)
    last = 0
    for last, text in enumerate(sys.argv[2:], 1):
        kind, *words = text.split(",")
        fields = dict(word.split("=") for word in words)
        to = fields.pop("to", "255.255.255.255")
        sender = fields.pop("mac", None)
        sender = bytes.fromhex(sender.replace(":", "")) if sender else mac
        if kind == "malformed":
            messages = malformed(sender)
        else:
            messages = [encode(last, sender, kind, **fields)]
        for message in messages:
            wire.sendto(message, (to, 67))
    replies = []
    while True:
        data = wire.recv(4096)
        replies.append(decode(data))
        if struct.unpack("!I", data[4:8])[0] == last:
            break
    print(json.dumps(replies))


main()
