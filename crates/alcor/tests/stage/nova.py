"""Plays Nova's metadata service: says only to who is vouched for who that is.

nova.py SECRET [PORT]: prints the port it listens on.
"""

import hashlib
import hmac
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = sys.argv[1].encode()


class Metadata(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Instance-ID", "no business of the VM")
        self.end_headers()
        self.wfile.write(body)

    def vouched(self):
        instance = self.headers.get_all("X-Instance-ID") or []
        said = self.headers.get("X-Instance-ID-Signature", "")
        right = hmac.new(SECRET, "".join(instance).encode(), hashlib.sha256).hexdigest()
        return len(instance) == 1 and hmac.compare_digest(right, said)

    def do_GET(self):
        if not self.vouched():
            self.say(403, b"nobody vouches for you\n")
        elif self.path == "/big":
            self.say(200, bytes(i * 7 % 251 for i in range(100_000)))
        else:
            told = {name.lower(): value for name, value in self.headers.items()}
            told["path"] = self.path
            self.say(200, json.dumps(told).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.say(200, b"%d bytes" % len(body))


class Server(ThreadingHTTPServer):
    request_queue_size = 128


port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
server = Server(("127.0.0.1", port), Metadata)
print(server.server_address[1], flush=True)
server.serve_forever()
