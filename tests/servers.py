"""Real servers for tests, on 127.0.0.1; where one is not installed, a test says so and is skipped."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

PASSWORD = "s3cret/@?%:# word"


def find_program(name: str, *folders: str) -> str | None:
    """Return the path of a program that Debian keeps out of PATH, None where it is not installed."""
    found = shutil.which(name)
    for folder in folders:
        found = found or next(iter(sorted(glob.glob(f"{folder}/{name}"), reverse=True)), None)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Postgres:
    """A running server with one role, `cigate`, that needs a password; databases are made on request."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._made = 0

    def url(self, database: str, user: str = "cigate", password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def create(self) -> str:
        """Return the URL of a new, empty database."""
        self._made += 1
        name = f"db{self._made}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """Start a server of its own in a temporary folder; skip the test where PostgreSQL is absent."""
    initdb = find_program("initdb", "/usr/lib/postgresql/*/bin")
    if initdb is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    control = str(Path(os.path.realpath(initdb)).with_name("pg_ctl"))
    # initdb refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="cigate-postgres-") as folder:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        password_file = Path(folder, "password")
        password_file.write_text(PASSWORD)
        login = ("-A", "scram-sha-256", "-U", "cigate", f"--pwfile={password_file}")
        data = f"{folder}/data"
        _run(folder, user, initdb, *login, "-E", "UTF8", "--locale=C.UTF-8", "-N", "-D", data)
        server = Postgres(free_port())
        where = f"-p {server.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        _run(folder, user, control, "-D", data, "-w", "-l", f"{folder}/server.log", "-o", where, "start")
        try:
            yield server
        finally:
            _run(folder, user, control, "-D", data, "-w", "-m", "immediate", "stop")


def _run(folder: str, user: str | None, *command: str) -> None:
    log = Path(folder, "log")
    with open(log, "ab") as said:
        done = subprocess.run(
            command, user=user, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False
        )
    assert done.returncode == 0, log.read_text("utf-8", "replace")
