"""A stand-in for the image service: it knows one image, which is empty.

Nova asks it what an image needs before it places a server; its fake driver reads no image.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

IMAGE = {
    "id": "b7e2a1f0-3f5d-4b86-9a64-5d1c0e9f2a11",
    "name": "empty",
    "status": "active",
    "visibility": "public",
    "protected": False,
    "container_format": "bare",
    "disk_format": "raw",
    "min_disk": 0,
    "min_ram": 0,
    "size": 0,
    "checksum": "d41d8cd98f00b204e9800998ecf8427e",
    "owner": None,
    "tags": [],
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
    "schema": "/v2/schemas/image",
}

# Clients build their objects by it: any property of any type.
SCHEMA = {"name": "image", "properties": {name: {} for name in IMAGE}, "additionalProperties": {}}

VERSIONS = {"versions": [{"id": "v2.9", "status": "CURRENT", "links": []}]}

ANSWERS = {
    "/": VERSIONS,
    "/versions": VERSIONS,
    "/v2/schemas/image": SCHEMA,
    "/v2/images": {"images": [IMAGE]},
    "/v2/images/" + IMAGE["id"]: IMAGE,
}


class Desk(BaseHTTPRequestHandler):
    """Answers what is asked for."""

    def do_GET(self):
        answer = ANSWERS.get(self.path.split("?")[0])
        body = json.dumps(answer or {"message": "No such image"}).encode()
        self.send_response(200 if answer else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Desk).serve_forever()
