"""Stand-in for Grafana: answers its health route on port 3000, and shows nothing."""

import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Grafana(BaseHTTPRequestHandler):
    """Everything is a healthy database."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"database": "ok"}')


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
ThreadingHTTPServer(("", 3000), Grafana).serve_forever()
