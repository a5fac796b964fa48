"""A stand-in for a company's CRM: it keeps accounts in memory, and prints what it is asked. Python 3 is enough for it.

    CRM_TOKEN=a-token-of-8-bytes-or-more python3 crm.py [PORT]     8090 unless given, 0 for a free one

It speaks what the plugin crm-sync speaks, and is as fussy as a real one: the token must be right (401), the number of an
account begins with `C-` (422), and a `POST` that comes again with the same `Idempotency-Key` makes no second record.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = os.environ["CRM_TOKEN"]
records = {}  # by their id
made = {}  # the ids of records by the `Idempotency-Key` that made them


class Crm(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = parse_qs(urlsplit(self.path).query).get("external_id")
        found = [{"id": id} for id, record in records.items() if asked in (None, [record["external_id"]])]
        self.answer(200, {"accounts": found})

    def do_POST(self):
        self.write(lambda: made.setdefault(self.headers["Idempotency-Key"], f"c-{len(records) + 1}"))

    def do_PUT(self):
        id = self.path.rsplit("/", 1)[-1]
        self.write(lambda: id if id in records else None)

    def write(self, id_of):
        record = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not record["external_id"].startswith("C-"):
            return self.answer(422, {"error": "the number of an account begins with C-"})
        id = id_of()
        if id is None:
            return self.answer(404, {"error": "there is no such record"})
        records[id] = record
        self.answer(200, {"id": id})

    def answer(self, status, body):
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            status, body = 401, {"error": "who are you?"}
        print(f"{self.command} {self.path} {status} {json.dumps(body)}", flush=True)
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8090), Crm)
    print(f"the CRM is at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
