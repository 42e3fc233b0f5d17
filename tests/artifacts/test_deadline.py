"""One deadline, whatever a server does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from cigate.artifacts import open_artifacts
from cigate.artifacts.deadline import within
from cigate.errors import ArtifactError


@pytest.fixture(params=["head", "body", "nothing"])
def slow(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server that sends a byte a second from its head on, from its body on, or nothing."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    head = b'HTTP/1.0 200 OK\r\nContent-Length: 1000\r\nETag: "x"\r\n'
    head += b"Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n"
    at_once, slowly = {"head": (b"", head), "body": (head, b"x" * 1000), "nothing": (b"", b"")}[request.param]

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += connection.recv(1000)
            connection.sendall(at_once)
            for byte in slowly:
                if over.wait(1):
                    return
                connection.sendall(bytes([byte]))
            over.wait(60)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    over.set()
    listener.close()


@pytest.mark.parametrize("kind", ["http://{}/models", "oci://{}/team/models", "s3://bucket/models"])
def test_a_slow_server_is_given_up(slow: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{slow}")
    place = open_artifacts(kind.format(slow))
    with pytest.raises(ArtifactError, match=r"asking took longer than 0\.4 s and was given up") as caught:
        within(0.4, "asking", lambda: place.read_pointer("default", 1000))
    assert "--timeout" in caught.value.hint


def test_results_and_errors_come_through() -> None:
    assert within(5, "adding", lambda: 1 + 1) == 2
    assert within(5, "nothing", lambda: None) is None
    with pytest.raises(ZeroDivisionError):
        within(5, "dividing", lambda: 1 // 0)
