"""`serve` accepts connections; `connect ADDRESS SECONDS` makes one after the other, resets each, and
prints how many it made a second."""

import socket
import struct
import sys
import time

PORT = 7000
RESET = struct.pack("ii", 1, 0)


def serve():
    server = socket.create_server(("0.0.0.0", PORT), backlog=4096)
    print("serving", flush=True)
    while True:
        server.accept()[0].close()


def connect(address, seconds):
    made = 0
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with socket.socket() as client:
            client.settimeout(5)
            # No port is left waiting, so that any number of connections can follow.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.connect((address, PORT))
        made += 1
    print(made / (time.monotonic() - began))


if sys.argv[1] == "serve":
    serve()
else:
    connect(sys.argv[2], float(sys.argv[3]))
