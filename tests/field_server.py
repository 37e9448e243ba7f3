"""A server of its own behind `serve --tls`, at a name that is no loopback, with the cast in its database."""

import base64
import hashlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.folders import ROOT

NAME: Final = "xiaoyuan.test"
_SEED: Final = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.cast import build_cast
from xiaoyuan.incidents.actions.categories import ensure_categories
cast = build_cast()
ensure_categories(cast.own.courtyard.county_id)
"""


@dataclass
class FieldServer:
    """Where the server is reached and which authority vouches for it."""

    port: int
    authority: Path

    @property
    def url(self) -> str:
        """The address as a browser writes it."""
        return f"https://{NAME}:{self.port}"

    @property
    def flags(self) -> list[str]:
        """What makes chromium find the name here and trust its authority."""
        # The list of keys takes the certificate of the server or of its authority.
        certificate = x509.load_pem_x509_certificate(self.authority.read_bytes())
        spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        pin = base64.b64encode(hashlib.sha256(spki).digest()).decode()
        return [
            f"--host-resolver-rules=MAP {NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--ignore-certificate-errors-spki-list={pin}",
        ]


@contextmanager
def field_server(folder: Path) -> Iterator[FieldServer]:
    """Seed a database in `folder` and serve it by HTTPS until the block ends."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XIAOYUAN_")}
    environment |= {
        "XIAOYUAN_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "xiaoyuan.config.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    subprocess.run([sys.executable, "-c", _SEED], env=environment, cwd=ROOT, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "serve.log").open("w")
    command = [
        sys.executable,
        "-m",
        "xiaoyuan",
        "serve",
        "--port",
        str(port),
        "--workers",
        "1",
        "--tls",
        NAME,
    ]
    child = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    server = FieldServer(port, folder / "tls" / "ca.crt")
    try:
        _wait_until_up(server, child, folder / "serve.log")
        yield server
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
        log.close()


def _wait_until_up(server: FieldServer, child: "subprocess.Popen[bytes]", log: Path) -> None:
    for _attempt in range(600):
        assert child.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            return
        except OSError:
            try:
                child.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError(log.read_text())


class _Connection(http.client.HTTPSConnection):
    """Connects here, and checks the certificate for the name."""

    def connect(self) -> None:
        """Open the socket."""
        plain = socket.create_connection(("127.0.0.1", self.port or 443), timeout=30)
        self.sock = self._context.wrap_socket(plain, server_hostname=NAME)  # type: ignore[attr-defined]  # no public name


@dataclass
class Person:
    """Somebody signed in by the login form, over HTTPS that trusts the local authority only."""

    server: FieldServer
    username: str
    password: str
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sign in."""
        self.ask("GET", "/accounts/login/")
        form = {
            "login": self.username,
            "password": self.password,
            "csrfmiddlewaretoken": self.cookies["csrftoken"],
        }
        status, _content = self.ask("POST", "/accounts/login/", urlencode(form).encode())
        assert status == 302, status

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/x-www-form-urlencoded"
    ) -> tuple[int, bytes]:
        """Ask the server; returns status and body."""
        context = ssl.create_default_context(cafile=str(self.server.authority))
        line = _Connection(NAME, self.server.port, context=context)
        headers = {
            "Host": f"{NAME}:{self.server.port}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Referer": f"{self.server.url}/",
            "X-CSRFToken": self.cookies.get("csrftoken", ""),
            "Content-Type": kind,
        }
        line.request(method, path, body or None, headers)
        answer = line.getresponse()
        content = answer.read()
        for value in answer.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(value).items()}
        line.close()
        return answer.status, content

    def submit(self, body: dict[str, Any]) -> dict[str, Any]:
        """Hand in a submission that has to be taken."""
        content = json.dumps(body).encode()
        status, answer = self.ask("POST", "/api/v1/field/submissions", content, "application/json")
        assert status == 200, answer.decode()
        said: dict[str, Any] = json.loads(answer)
        return said
