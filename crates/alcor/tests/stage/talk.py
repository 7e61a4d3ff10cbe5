"""Talks between VMs: `serve` echoes on ports, `ask` says once whether an echo comes, and `hold`
keeps a connection and says so of every line it is given."""

import socket
import sys
import threading

PATIENCE = 1.0


def echo_stream(connection):
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


def serve_tcp(port):
    server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=echo_stream, args=(connection,), daemon=True).start()


def serve_udp(port):
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::", port))
    while True:
        data, client = server.recvfrom(65536)
        server.sendto(data, client)


def serve(ports):
    """`tcp:80 udp:53`"""
    threads = []
    for name in ports:
        kind, port = name.split(":")
        task = {"tcp": serve_tcp, "udp": serve_udp}[kind]
        threads.append(threading.Thread(target=task, args=(int(port),)))
        threads[-1].start()
    print("serving", flush=True)
    for thread in threads:
        thread.join()


def connect(kind, address, port, source=0):
    types = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    talk = socket.socket(family, types[kind])
    talk.settimeout(PATIENCE)
    talk.bind(("", int(source)))
    talk.connect((address, int(port)))
    return talk


def echoes(talk, data):
    talk.send(data)
    heard = b""
    while len(heard) < len(data):
        more = talk.recv(65536)
        if not more:
            return False
        heard += more
    return heard == data


def ask(kind, address, port, size, source):
    try:
        heard = echoes(connect(kind, address, port, source), b"x" * int(size))
    except ConnectionRefusedError:
        print("refused")
        return
    except OSError:
        heard = False
    print("yes" if heard else "no")


def hold(kind, address, port):
    talk = connect(kind, address, port)
    print("connected", flush=True)
    for line in sys.stdin.buffer:
        try:
            heard = echoes(talk, line)
        except OSError:
            heard = False
        print("yes" if heard else "no", flush=True)


task, *words = sys.argv[1:]
if task == "serve":
    serve(words)
elif task == "ask":
    ask(*words)
else:
    hold(*words)
