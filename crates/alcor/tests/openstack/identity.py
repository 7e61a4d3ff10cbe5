"""A Keystone with just what the clients ask of one: a catalog, and projects by id or name; and
the quotas of Nova and Cinder, which `quota show` asks for first.

The region is tested with its file of tokens, so a token here is one of that file.
"""

import http.server
import json
import threading

PROJECTS = ["operators", "red", "blue"]


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Set by `serve`.
    network = token = base = None

    def log_message(self, *_):
        pass

    def version(self):
        links = [{"rel": "self", "href": f"{self.base}/v3/"}]
        return {"id": "v3.14", "status": "stable", "links": links}

    def project(self, name):
        return {"id": name, "name": name, "domain_id": "default", "enabled": True}

    def catalog(self):
        def service(kind, url):
            ends = [
                {"id": kind, "interface": one, "region": "one", "region_id": "one", "url": url}
                for one in ("public", "admin")
            ]
            return {"id": kind, "type": kind, "name": kind, "endpoints": ends}

        own = [service(kind, f"{self.base}/{kind}") for kind in ("compute", "volumev3")]
        return [service("network", self.network), service("identity", f"{self.base}/v3"), *own]

    def issued(self):
        domain = {"id": "default", "name": "Default"}
        return {
            "methods": ["password"],
            "user": {"id": "operator", "name": "operator", "domain": domain},
            "project": {"id": "operators", "name": "operators", "domain": domain},
            "roles": [{"id": "admin", "name": "admin"}],
            "catalog": self.catalog(),
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2099-01-01T00:00:00.000000Z",
        }

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(201, {"token": self.issued()}, {"X-Subject-Token": self.token})

    def do_PUT(self):
        # `quota set --force` tells Nova first.
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_GET(self):
        path, _, query = self.path.partition("?")
        name = path.removeprefix("/v3/projects/")
        if path in ("/", "/v3", "/v3/"):
            every = {"versions": {"values": [self.version()]}}
            self.answer(200, every if path == "/" else {"version": self.version()})
        elif path == "/v3/projects":
            found = [one for one in PROJECTS if "name=" not in query or f"name={one}" in query]
            self.answer(200, {"projects": [self.project(one) for one in found], "links": {}})
        elif "/os-quota-sets/" in path:
            self.answer(200, {"quota_set": {"id": path.rpartition("/")[2], "cores": 20}})
        elif name in PROJECTS:
            self.answer(200, {"project": self.project(name)})
        else:
            self.answer(404, {"error": {"code": 404, "title": "Not Found", "message": path}})

    def answer(self, status, body, headers={}):
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def serve(network, token):
    """Starts it on a free port; it says that the region is at `network`. Its address."""
    answers = type("Bound", (Answers,), {"network": network, "token": token})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), answers)
    answers.base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"{answers.base}/v3"
