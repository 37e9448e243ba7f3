"""The system's chromium, how tests start it, and a log that notices what leaves the host."""

import shutil
from dataclasses import dataclass, field
from urllib.parse import urlsplit

BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
BROWSER_FLAGS = (
    # Software rendering, because test machines have no graphics card.
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    # Nothing of the browser's own may leave the host.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
LOCAL_SCHEMES = frozenset({"data", "blob", "about"})


class BrowserMissing(Exception):
    """No chromium is installed; the message says what to install."""


@dataclass
class RequestLog:
    """Addresses that a page asked for, and what went wrong in it."""

    addresses: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    page_errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def note(self, address: str) -> None:
        """Note an address that a page asks for."""
        self.addresses.append(address)
        if not stays_here(address):
            self.outside.append(address)


def stays_here(address: str) -> bool:
    """Whether an address is answered on this host."""
    parts = urlsplit(address)
    return parts.scheme in LOCAL_SCHEMES or parts.hostname in LOCAL_HOSTS


def find_browser() -> str:
    """Return the path of the system's chromium, or fail saying what to install."""
    for name in BROWSER_NAMES:
        if path := shutil.which(name):
            return path
    raise BrowserMissing("No chromium is installed (Debian: chromium); browser tests cannot run.")
