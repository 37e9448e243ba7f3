"""A proxy that loses replies: the request reached the server and was committed, the phone never hears of it."""

import http.client
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class FaultProxy:
    """Counts what passed and what it lost; `url` is where clients connect to."""

    def __init__(self, target: str, loss: float, seed: int) -> None:
        self.target = urlsplit(target)
        self.loss = loss
        self.passed = 0
        self.lost = 0
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.url = ""

    def loses(self) -> bool:
        """Decide about one reply."""
        with self._lock:
            is_lost = self._random.random() < self.loss
            self.lost += is_lost
            self.passed += not is_lost
            return is_lost


@contextmanager
def fault_proxy(target: str, *, loss: float = 0.3, seed: int = 20261124) -> Iterator[FaultProxy]:
    """Run a proxy in front of `target` that loses a share of the replies to POST requests."""
    proxy = FaultProxy(target, loss, seed)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            upstream = http.client.HTTPConnection(proxy.target.hostname or "", proxy.target.port)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
            self.close_connection = True
            if self.command == "POST" and proxy.loses():
                self.connection.close()
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _forward  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
