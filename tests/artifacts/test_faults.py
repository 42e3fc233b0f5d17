"""Servers that are not there, refuse, or say what makes no sense: told in a line, without a traceback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cigate.artifacts import open_artifacts
from cigate.artifacts.layout import digest_of
from cigate.errors import ArtifactError, CigateError, UsageError
from tests.servers import Bucket, free_port

ANSWERS = {
    "error": b"HTTP/1.0 500 Oh\r\n\r\n",
    "forbidden": b"HTTP/1.0 403 No\r\n\r\n",
    "cut": b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nshort",
    "babble": b"\x00\xff babble\r\n\r\n",
    "elsewhere": b"HTTP/1.0 302 Found\r\nLocation: http://example.invalid/x\r\n\r\n",
    "file": b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
    "circle": b"HTTP/1.0 302 Found\r\nLocation: /again\r\n\r\n",
    "silence": b"",
}


@contextmanager
def answering(raw: bytes) -> Iterator[str]:
    """Give the address of a server that answers everything with these bytes."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.close_connection = True
            while (self.rfile.readline() or b"\r\n").strip():
                pass
            self.wfile.write(raw)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def refused(url: str) -> CigateError:
    with pytest.raises(ArtifactError) as caught:
        open_artifacts(url).read_pointer("default", 1000)
    assert caught.value.hint
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200
    return caught.value


@pytest.mark.parametrize("how", ANSWERS)
@pytest.mark.parametrize("kind", ["http", "oci"])
def test_a_broken_answer_is_an_error_in_one_line(kind: str, how: str) -> None:
    with answering(ANSWERS[how]) as where:
        refused(f"{kind}://{where}/team/models")


@pytest.mark.parametrize("how", ["forbidden", "cut", "babble"])
def test_a_broken_bucket_is_an_error_in_one_line(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "s3cret")
    with answering(ANSWERS[how]) as where:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{where}")
        assert "s3cret" not in str(refused("s3://bucket/models"))


def test_a_server_that_is_not_there_is_said_at_once() -> None:
    for kind in ("http", "oci"):
        assert "cannot be used" in str(refused(f"{kind}://127.0.0.1:{free_port()}/team/models"))


def test_a_wrong_secret_is_refused(seaweedfs: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (seaweedfs.environment | {"AWS_SECRET_ACCESS_KEY": "wr0ng"}).items():
        monkeypatch.setenv(name, value)
    error = refused(seaweedfs.create())
    assert "refuses these credentials" in str(error)
    assert "wr0ng" not in str(error) + error.hint


def test_a_web_address_is_for_reading() -> None:
    place = open_artifacts("https://example.invalid/models")
    with pytest.raises(UsageError, match="can only be read"):
        place.write(b"x")
    with pytest.raises(UsageError, match="can only be read"):
        place.move_pointer("default", b"x", "")


def test_a_folder_that_is_a_file_or_a_pipe_is_refused(tmp_path: Path) -> None:
    import os

    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtifactError):
        open_artifacts(str(tmp_path / "file")).write(b"x")
    (tmp_path / "models").mkdir()
    os.mkfifo(tmp_path / "models" / "default.json")
    assert "not a regular file" in str(refused(str(tmp_path)))


def test_what_a_dead_publisher_left_is_swept_a_day_later(tmp_path: Path) -> None:
    import os

    place = open_artifacts(str(tmp_path))
    place.write(b"x")
    old, new = tmp_path / "incoming" / "old", tmp_path / "incoming" / "new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    place.move_pointer("default", b"y", "")
    assert sorted(os.listdir(tmp_path / "incoming")) == ["new"]
    assert place.read(digest_of(b"x"), 10) == b"x"
