"""Registries that want a login: by name and password, or by tokens that allow no more than was asked for."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from cigate.artifacts import Artifacts, open_artifacts
from cigate.errors import ArtifactError
from tests.servers import OciRegistry, run_registry

PASSWORD = "s3cret word"
# The same password as the server keeps it (bcrypt).
LOGINS = "me:$2y$05$abcdefghijklmnopqrstuuDM.KJwaIBUdFNSI0sjlLSPixyAOKFFm\n"


def log_in(home: Path, host: str, password: str) -> None:
    """Write what `docker login` writes."""
    (home / ".docker").mkdir(exist_ok=True)
    secret = base64.b64encode(f"me:{password}".encode()).decode()
    (home / ".docker" / "config.json").write_text(json.dumps({"auths": {host: {"auth": secret}}}))


def publish(place: Artifacts) -> None:
    """Write, move a pointer twice and read it all back."""
    digest = place.write(b"content")
    place.move_pointer("default", b"one", "")
    found = place.read_pointer("default", 100)
    assert found is not None
    place.move_pointer("default", b"two", found.tag)
    found = place.read_pointer("default", 100)
    assert found is not None
    assert (found.content, place.read(digest, 100)) == (b"two", b"content")


def refuses(place: Artifacts) -> None:
    for work in (lambda: place.read_pointer("default", 100), lambda: place.write(b"content")):
        with pytest.raises(ArtifactError, match="refuses") as caught:
            work()
        assert "docker login" in caught.value.hint
        assert "s3cret" not in str(caught.value) + caught.value.hint


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_name_and_password_open_a_registry(home: Path) -> None:
    with run_registry(LOGINS) as server:
        refuses(open_artifacts(server.create()))
        log_in(home, f"127.0.0.1:{server.port}", "s3cret but wrong")
        refuses(open_artifacts(server.create()))
        log_in(home, f"127.0.0.1:{server.port}", PASSWORD)
        publish(open_artifacts(server.create()))


@contextmanager
def guarded(server: OciRegistry) -> Iterator[str]:
    """Put a guard before a registry that gives tokens for one scope each, as GitHub Packages does."""

    class Guard(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.startswith("/token"):
                self.give_token()
                return
            needed = "pull" if self.command in ("GET", "HEAD") else "pull,push"
            scope = f"repository:{'/'.join(self.path.split('/')[2:4])}:{needed}"
            given = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if given not in (scope, scope.removesuffix("pull") + "pull,push"):
                self.ask_for(scope)
                return
            self.hand_on(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = handle_any  # noqa: N815

        def ask_for(self, scope: str) -> None:
            realm = f"http://{self.headers['Host']}/token"
            self.send_response(401)
            self.send_header("Www-Authenticate", f'Bearer realm="{realm}",service="x",scope="{scope}"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def give_token(self) -> None:
            known = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
            allowed = self.headers.get("Authorization") == f"Basic {known}"
            scope = parse_qs(urlsplit(self.path).query).get("scope", [""])[0]
            answer = json.dumps({"token": scope}).encode()
            self.send_response(200 if allowed else 403)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def hand_on(self, body: bytes) -> None:
            headers = {k: v for k, v in self.headers.items() if k not in ("Authorization", "Content-Length")}
            real = http.client.HTTPConnection("127.0.0.1", server.port)
            real.request(self.command, self.path, body, headers)
            answer = real.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name not in ("Transfer-Encoding", "Content-Length", "Date"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    guard = ThreadingHTTPServer(("127.0.0.1", 0), Guard)
    threading.Thread(target=guard.serve_forever, args=(0.05,), daemon=True).start()
    yield f"127.0.0.1:{guard.server_port}"
    guard.shutdown()
    guard.server_close()


def test_a_token_for_reading_does_not_stop_writing(registry: OciRegistry, home: Path) -> None:
    with guarded(registry) as host:
        refuses(open_artifacts(f"oci://{host}/team/guarded"))
        log_in(home, host, PASSWORD)
        publish(open_artifacts(f"oci://{host}/team/guarded"))


class Hiccups(BaseHTTPRequestHandler):
    """A stand-in that fails before it answers that there is nothing, as a registry does while a tag moves."""

    fails = 2
    asked = 0

    def do_GET(self) -> None:
        """Answer the question for a login at once, the others after some failures."""
        if self.path == "/v2/":
            self.send_response(200)
        else:
            type(self).asked += 1
            self.send_response(500 if type(self).asked <= type(self).fails else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("fails", [2, 3])
@pytest.mark.usefixtures("home")
def test_a_stand_in_that_fails_is_asked_three_times(monkeypatch: pytest.MonkeyPatch, fails: int) -> None:
    monkeypatch.setattr(Hiccups, "fails", fails)
    monkeypatch.setattr(Hiccups, "asked", 0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hiccups)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        place = open_artifacts(f"oci://127.0.0.1:{server.server_port}/team/models")
        if fails == 2:
            assert place.read_pointer("default", 100) is None
        else:
            with pytest.raises(ArtifactError, match="answers 500"):
                place.read_pointer("default", 100)
        assert Hiccups.asked == 3
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
