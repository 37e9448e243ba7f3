"""A PostgreSQL server with PostGIS of its own, for one command and gone after it.

    python -m tests.postgresql run -- pytest

No other server on the machine is touched: the cluster lives in a temporary folder, listens on a free port of
127.0.0.1 with a random password, and is stopped through that folder.
"""

import argparse
import contextlib
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psycopg

OLDEST_VERSION = 15
ROLE = "xiaoyuan"
SERVER_USER = "postgres"
SETTINGS = {
    "fsync": "off",  # a server that is thrown away has nothing to lose
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
}


class Unavailable(Exception):
    """PostgreSQL cannot be run here; the message says why and what to install."""


@dataclass(frozen=True)
class Server:
    """A running server: its port on 127.0.0.1 and the password of both roles."""

    port: int
    password: str

    def url(self, *, role: str = ROLE, database: str = "xiaoyuan") -> str:
        """Return the address that Xiaoyuan's settings read."""
        return f"postgresql://{role}:{self.password}@127.0.0.1:{self.port}/{database}"


def find_programs() -> Path:
    """Return the folder of the newest PostgreSQL that has PostGIS, or say what is missing."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    found: list[tuple[int, Path]] = []
    for folder in folders:
        version = re.search(r"\(PostgreSQL\) (\d+)", _output(folder / "postgres", "--version"))
        if version is None or int(version[1]) < OLDEST_VERSION:
            continue
        if (_extensions_folder(folder, int(version[1])) / "postgis.control").exists():
            found.append((int(version[1]), folder))
    if not found:
        raise Unavailable(
            f"PostgreSQL {OLDEST_VERSION} or newer with PostGIS 3 is not installed "
            "(Debian: postgresql-15 postgresql-15-postgis-3)"
        )
    return max(found)[1]


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Start a server with PostGIS and pg_trgm in its template database; stop and delete it afterwards."""
    programs = find_programs()
    home = Path(tempfile.mkdtemp(prefix="xiaoyuan-postgresql-", dir=_traversable_folder()))
    data = home / "data"
    try:
        password = secrets.token_hex(16)
        (home / "password").write_text(password)
        _hand_over(home)
        # Chinese search needs a UTF-8 locale: in the C locale pg_trgm extracts nothing.
        _run(
            programs / "initdb", "-D", data, "-U", SERVER_USER, "--locale=C.UTF-8", "--encoding=UTF8",
            "--no-sync", "--auth-local=reject", "--auth-host=scram-sha-256", f"--pwfile={home / 'password'}",
        )  # fmt: skip
        port = _start(programs, home)
        try:
            server = Server(port, password)
            _prepare(server)
            yield server
        finally:
            _run(programs / "pg_ctl", "stop", "-D", data, "-m", "immediate", "-w")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _start(programs: Path, home: Path, attempts: int = 5) -> int:
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    for attempt in range(attempts):
        port = _free_port()
        options_here = f"{options} -c unix_socket_directories={home} -c port={port}"
        try:
            _run(
                programs / "pg_ctl", "start", "-D", home / "data", "-l", home / "log", "-w", "-t", "60",
                "-o", options_here,
            )  # fmt: skip
        except Unavailable:
            # Someone may have taken the port between the look and the start.
            if attempt + 1 == attempts:
                log = home / "log"
                raise Unavailable(
                    f"PostgreSQL does not start: {log.read_text() if log.exists() else ''}"
                ) from None
        else:
            return port
    raise AssertionError("unreachable")


def _prepare(server: Server) -> None:
    """Install the extensions where every new database is copied from, and create the owner of the tables.

    The owner is no superuser: superusers pass row-level security unseen.
    """
    admin = server.url(role=SERVER_USER, database="template1")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
        connection.execute("CREATE EXTENSION pg_trgm")
        connection.execute(
            psycopg.sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}").format(
                psycopg.sql.Identifier(ROLE), server.password
            )
        )
    with psycopg.connect(server.url(role=SERVER_USER, database="postgres"), autocommit=True) as connection:
        connection.execute(
            psycopg.sql.SQL("CREATE DATABASE xiaoyuan OWNER {}").format(psycopg.sql.Identifier(ROLE))
        )


def _traversable_folder() -> Path:
    """Return a temporary folder that the server's own user can reach."""
    if os.getuid() != 0:
        return Path(tempfile.gettempdir())
    for folder in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")):
        if folder.is_dir() and all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents)):
            return folder
    raise Unavailable("no temporary folder can be reached by the user postgres; set TMPDIR to one that can")


def _hand_over(home: Path) -> None:
    """Give the folder to the server's own user when we are root, because initdb refuses root."""
    if os.getuid() == 0:
        try:
            owner = pwd.getpwnam(SERVER_USER)
        except KeyError:
            raise Unavailable("the user postgres is missing although PostgreSQL is installed") from None
        for path in (home, *home.iterdir()):
            os.chown(path, owner.pw_uid, owner.pw_gid)


def _run(*command: str | Path) -> None:
    """Run a program of PostgreSQL as the server's user; raise with its words when it fails."""
    words = [str(word) for word in command]
    if os.getuid() == 0:
        runuser = shutil.which("runuser", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if runuser is None:
            raise Unavailable("initdb refuses root and runuser (util-linux) is missing")
        words = [runuser, "-u", SERVER_USER, "--", *words]
    # Not through a pipe: the server would inherit it and we would wait for its end.
    with tempfile.TemporaryFile("w+") as said:
        status = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, cwd="/", check=False
        ).returncode
        if status != 0:
            said.seek(0)
            raise Unavailable(f"{Path(words[0]).name} failed ({status}): {said.read().strip()}")


def _output(*command: str | Path) -> str:
    """Return what a program prints, nothing when it is missing or fails."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _extensions_folder(programs: Path, version: int) -> Path:
    """Where extensions are described: Debian's place, else what pg_config says."""
    debian = Path(f"/usr/share/postgresql/{version}/extension")
    if programs == Path(f"/usr/lib/postgresql/{version}/bin"):
        return debian
    return Path(_output(programs / "pg_config", "--sharedir").strip() or debian.parent) / "extension"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _leave(number: int, _frame: FrameType | None) -> None:
    """Turn a request to end into an exception, so that the server is stopped on the way out."""
    sys.exit(128 + number)


def run(command: Sequence[str]) -> int:
    """Run `command` with XIAOYUAN_DATABASE_URL set to a new server; return its exit status."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    with running() as server:
        environment = {**os.environ, "XIAOYUAN_DATABASE_URL": server.url()}
        child = subprocess.Popen(command, env=environment)
        try:
            return child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line: `run -- COMMAND …` or `check`."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgresql", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("check", help="say whether a server can be run here")
    steps.add_parser("run", help="run a command with a server").add_argument("command", nargs="+")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.step == "check":
            sys.stdout.write(f"{find_programs()}\n")
            return 0
        return run(chosen.command)
    except Unavailable as error:
        sys.stderr.write(f"PostgreSQL tests cannot run: {error}\n")
        return 3


if __name__ == "__main__":
    sys.exit(main())
