"""Plays a name server of the world: every name is at 192.0.2.77, those that begin with `long` have
200 addresses, too many for UDP, and those that begin with `lost` have no answer.

Prints the port it listens on, by UDP and TCP.
"""

import socket
import socketserver
import struct
import threading


def question(message):
    at = 12
    while message[at]:
        at += 1 + message[at]
    return message[12 : at + 5]


def answer(message, whole):
    asked = question(message)
    if asked[1:5].lower() == b"lost":
        return None
    long = asked[1:5].lower() == b"long"
    count = 200 if long else 1
    flags = 0x8180
    if long and not whole:
        count, flags = 0, 0x8380
    last = range(count) if long else [77]
    record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\xc0\0\2"
    records = b"".join(record + bytes([i]) for i in last) if count else b""
    return message[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + asked + records


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.read(2):
            told = answer(self.rfile.read(struct.unpack("!H", head)[0]), True)
            self.wfile.write(struct.pack("!H", len(told)) + told)


def pair():
    while True:
        stream = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Stream)
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            datagrams.bind(stream.server_address)
            return stream, datagrams
        except OSError:
            stream.server_close()


stream, datagrams = pair()
stream.daemon_threads = True
threading.Thread(target=stream.serve_forever, daemon=True).start()
print(stream.server_address[1], flush=True)
while True:
    message, sender = datagrams.recvfrom(4096)
    if told := answer(message, False):
        datagrams.sendto(told, sender)
