"""Tells everybody who asks by HTTP, or by a datagram, which address the question came from."""

import socket
import sys
import threading


def tcp(port):
    server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection, (address, *_) = server.accept()
        address = address.removeprefix("::ffff:")
        # Whoever was cut off in the middle keeps nobody else waiting.
        threading.Thread(target=tell, args=(connection, address)).start()


def tell(connection, address):
    with connection:
        connection.settimeout(5)
        try:
            connection.recv(65536)
            head = f"HTTP/1.0 200 OK\r\nContent-Length: {len(address)}\r\n\r\n"
            connection.sendall((head + address).encode())
        except OSError:
            pass


def udp(port):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", port))
    while True:
        _, client = server.recvfrom(65536)
        server.sendto(client[0].encode(), client)


threads = []
for word in sys.argv[1:]:
    kind, port = word.split(":")
    task = {"tcp": tcp, "udp": udp}[kind]
    threads.append(threading.Thread(target=task, args=(int(port),)))
    threads[-1].start()
print("serving", flush=True)
for thread in threads:
    thread.join()
