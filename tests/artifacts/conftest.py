"""One fresh place for models for each test, of each kind, on real servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import obstore
import pytest
from obstore.store import from_url

from cigate.artifacts import Artifacts, open_artifacts
from cigate.artifacts.layout import object_path
from tests.servers import Bucket, OciRegistry

KINDS = ["folder", "s3", "oci", "web"]


class Place:
    """A place as its publisher and as its readers see it, and a way to spoil what is in it."""

    def __init__(self, url: str, reading: str, spoil: Callable[[str, bytes], None]) -> None:
        self.url = url
        self.reading = reading
        self.spoil = spoil
        self.writer: Artifacts = open_artifacts(url)
        self.reader: Artifacts = open_artifacts(reading)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A place that nobody has written to."""
    if request.param == "s3":
        bucket: Bucket = request.getfixturevalue("seaweedfs")
        for name, value in bucket.environment.items():
            monkeypatch.setenv(name, value)
        url = bucket.create()
        store = from_url(url, client_options={"allow_http": True})
        yield Place(url, url, lambda digest, data: _overwrite(store, digest, data))
    elif request.param == "oci":
        server: OciRegistry = request.getfixturevalue("registry")
        url = server.create()
        yield Place(url, url, lambda digest, data: _replace(server.file_of(digest), data))
    elif request.param == "folder":
        url = f"file://{tmp_path}/deep/models"
        yield Place(url, url, partial(_spoil_file, tmp_path / "deep" / "models"))
    else:
        root = tmp_path / "served"
        root.mkdir()
        web = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
        threading.Thread(target=web.serve_forever, args=(0.05,), daemon=True).start()
        yield Place(str(root), f"http://127.0.0.1:{web.server_address[1]}/", partial(_spoil_file, root))
        web.shutdown()
        web.server_close()


def _overwrite(store: obstore.store.ObjectStore, digest: str, data: bytes) -> None:
    obstore.put(store, object_path(digest), data)


def _spoil_file(root: Path, digest: str, data: bytes) -> None:
    _replace(root / object_path(digest), data)


def _replace(path: Path, data: bytes) -> None:
    assert path.exists()
    path.write_bytes(data)
