"""Streams of UDP: one end sends at a rate, the other counts what comes."""

import socket
import sys
import threading
import time

PACE = 0.005


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def class_option(kind):
    if kind == socket.AF_INET6:
        return socket.IPPROTO_IPV6, socket.IPV6_TCLASS
    return socket.IPPROTO_IP, socket.IP_TOS


def send(address, port, size, rate, traffic_class):
    """So many packets a second of so many bytes, in steps; what was missed is not made up for."""
    kind = family(address)
    out = socket.socket(kind, socket.SOCK_DGRAM)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    out.setsockopt(*class_option(kind), int(traffic_class))
    packet = bytes(int(size))
    step = max(1, round(int(rate) * PACE))
    print("sending", flush=True)
    due = time.monotonic()
    while True:
        for _ in range(step):
            try:
                out.sendto(packet, (address, int(port)))
            except OSError:
                pass
        due = max(due + PACE, time.monotonic() - PACE)
        time.sleep(max(0, due - time.monotonic()))


def count(address, port):
    """Says with each line that it is given: seconds, packets, bytes, last traffic class."""
    kind = family(address)
    taken = socket.socket(kind, socket.SOCK_DGRAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    if kind == socket.AF_INET6:
        taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
    else:
        taken.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    taken.bind(("::" if kind == socket.AF_INET6 else "", int(port)))
    seen = [0, 0, 0]

    def take():
        while True:
            data, words, _, _ = taken.recvmsg(2048, 64)
            seen[0] += 1
            seen[1] += len(data)
            for _, _, value in words:
                seen[2] = value[0]

    threading.Thread(target=take, daemon=True).start()
    print("counting", flush=True)
    for _ in sys.stdin:
        print(time.monotonic(), *seen, flush=True)


if __name__ == "__main__":
    {"send": send, "count": count}[sys.argv[1]](*sys.argv[2:])
