"""Sends DHCPv6 messages as clients do, and some as no sound client does, from inside a VM.

usage: dhcp6_probe.py SERVER_DUID MESSAGE...

MESSAGE is a message type (solicit, request, ...), with words like `release,server,ip=fd00::5`: `server`
names the server, `ip` is the one address of the one association, `rapid` is Rapid Commit, `stranger`
names another server. `malformed` stands for many broken messages.

Prints the replies, up to the one to the last message, as a list in JSON. So that nobody has to wait
for an answer that must not come: put a message that is answered behind it.
"""

import json
import socket
import struct
import sys

KINDS = {
    "solicit": 1,
    "request": 3,
    "confirm": 4,
    "renew": 5,
    "rebind": 6,
    "release": 8,
    "decline": 9,
    "information": 11,
}
HEARD = {2: "advertise", 7: "reply"}
CLIENT = bytes.fromhex("00030001020000000009")
PATIENCE = 20


def option(code, data):
    return struct.pack("!HH", code, len(data)) + data


def encode(xid, server, kind, words):
    message = bytes([KINDS[kind]]) + xid.to_bytes(3, "big") + option(1, CLIENT)
    if "server" in words:
        message += option(2, server)
    if "stranger" in words:
        message += option(2, CLIENT)
    if "rapid" in words:
        message += option(14, b"")
    addresses = [word[3:] for word in words if word.startswith("ip=")]
    inner = b"".join(
        option(5, socket.inet_pton(socket.AF_INET6, address) + bytes(8)) for address in addresses
    )
    if kind != "information":
        message += option(3, struct.pack("!III", 7, 0, 0) + inner)
    return message


def malformed(server):
    good = encode(0xBAD, server, "request", ["server", "ip=fd00::5"])
    yield from (good[:length] for length in range(0, len(good), 5))
    yield good + option(3, bytes(11))  # an association without all its times
    yield good + option(6, bytes(3))  # half a number of an option
    yield good + b"\x00\x03\xff\xff"  # an association beyond the end
    yield good + option(1, CLIENT)  # two clients
    yield bytes(range(256)) * 4


def options(data):
    while len(data) >= 4:
        code, length = struct.unpack("!HH", data[:4])
        yield code, data[4 : 4 + length]
        data = data[4 + length :]


def decode(data):
    reply = {"type": HEARD.get(data[0], "other"), "status": None, "ips": {}, "codes": []}
    for code, value in options(data[4:]):
        reply["codes"].append(code)
        if code == 13:
            reply["status"] = struct.unpack("!H", value[:2])[0]
        if code == 3:
            for inner, address in options(value[12:]):
                if inner == 5:
                    name = socket.inet_ntop(socket.AF_INET6, address[:16])
                    reply["ips"][name] = struct.unpack("!I", address[20:24])[0]
    return reply


def main():
    server = bytes.fromhex(sys.argv[1])
    wire = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
    wire.bind(("::", 546))
    wire.settimeout(PATIENCE)
    to = ("ff02::1:2", 547, 0, socket.if_nametoindex("eth0"))
    last = 0
    for last, text in enumerate(sys.argv[2:], 1):
        kind, *words = text.split(",")
        if kind == "malformed":
            messages = malformed(server)
        else:
            messages = [encode(last, server, kind, words)]
        for message in messages:
            wire.sendto(message, to)
    replies = []
    while True:
        data = wire.recv(4096)
        replies.append(decode(data))
        if int.from_bytes(data[1:4], "big") == last:
            break
    print(json.dumps(replies))


main()
