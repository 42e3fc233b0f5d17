"""Stand-ins for CI servers on 127.0.0.1: their shapes, their limits and their faults, and no more."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MAX_SHOWN = 1000
AT = 1_600_000_000
FLOWS = {1: ("ci", ".github/workflows/ci.yml"), 2: ("docs", ".github/workflows/docs.yml")}
Answer = tuple[int, dict[str, str], bytes]


def iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def run(number: int, sha: str, conclusion: str | None = "success", **more: Any) -> dict[str, Any]:
    """Return a run as GitHub describes it, `number` minutes after AT; `more` replaces fields."""
    at = AT + 60 * number
    flow = more.pop("flow", 1)
    return {
        "id": 1000 + number,
        "name": "Run of " + FLOWS[flow][0],  # a run-name of its own
        "path": FLOWS[flow][1],
        "workflow_id": flow,
        "head_sha": sha,
        "head_branch": "main",
        "event": "push",
        "status": "completed" if conclusion else "in_progress",
        "conclusion": conclusion,
        "run_attempt": 1,
        "created_at": iso(at),
        "run_started_at": iso(at + 1),
        "updated_at": iso(at + 31),
        "html_url": f"https://github.invalid/o/r/actions/runs/{1000 + number}",
        "pull_requests": [],
        "actor": {"login": "ann-the-person", "type": "User"},
    } | more


class Server:
    """A server that was asked this: `faults` are given once each, before anything else.

    Every whole answer has a tag, and a request that names it is told that nothing has changed.
    """

    token_header = "Authorization"

    def __init__(self) -> None:
        self.faults: list[Answer] = []
        self.faults_after = 0
        self.asked: list[str] = []
        self.unchanged: list[str] = []
        self.tokens: set[str] = set()
        self.url = ""

    def answer(self, target: str, tag: str) -> Answer:
        """Return status, headers and body for a GET by somebody who knows the answer with that tag."""
        self.asked.append(target)
        if self.faults and len(self.asked) > self.faults_after:
            return self.faults.pop(0)
        status, headers, body = self.content(target)
        own = f'W/"{sha256(body).hexdigest()}"'
        if status == 200 and own == tag:
            self.unchanged.append(target)
            return 304, headers | {"ETag": own}, b""
        return status, headers | {"ETag": own}, body

    def content(self, target: str) -> Answer:
        """Return status, headers and body."""
        raise NotImplementedError


class StandIn(Server):
    """What GitHub has."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[dict[str, Any]] = []
        self.attempts: dict[tuple[int, int], dict[str, Any]] = {}
        self.jobs: dict[tuple[int, int], list[dict[str, Any]]] = {}

    def content(self, target: str) -> Answer:
        """Return what GitHub would."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        words = parts.path.strip("/").split("/")
        if [word.lower() for word in words[:3]] != ["repos", "o", "r"]:
            return self._plain({"message": "Not Found"}, 404)
        match words[3:]:
            case []:
                return self._plain({"full_name": "o/r", "created_at": iso(AT - 86400)})
            case ["actions", "workflows"]:
                flows = [{"id": id, "name": name, "path": path} for id, (name, path) in FLOWS.items()]
                return self._plain({"total_count": len(flows), "workflows": flows})
            case ["actions", "runs"]:
                return self._list(self.runs, parts.path, query)
            case ["actions", "workflows", number, "runs"]:
                return self._list(
                    [r for r in self.runs if r["workflow_id"] == int(number)], parts.path, query
                )
            case ["actions", "runs", number, "attempts", attempt]:
                found = self.attempts.get((int(number), int(attempt)))
                return self._plain(found) if found else self._plain({"message": "Not Found"}, 404)
            case ["actions", "runs", number, "attempts", attempt, "jobs"]:
                own = self.jobs.get((int(number), int(attempt)))
                return self._plain({"total_count": len(own or ()), "jobs": own or []})
        return self._plain({"message": "Not Found"}, 404)

    def _plain(self, plain: object, status: int = 200, link: str = "") -> Answer:
        headers = {"X-RateLimit-Remaining": "4999", "X-RateLimit-Limit": "5000"}
        return status, headers | ({"Link": link} if link else {}), json.dumps(plain).encode()

    def _list(self, runs: list[dict[str, Any]], path: str, query: dict[str, str]) -> Answer:
        if "created" in query:
            since, _, until = query["created"].partition("..")
            runs = [r for r in runs if seconds(since) <= seconds(r["created_at"]) <= seconds(until)]
        runs = sorted(runs, key=lambda r: (r["created_at"], r["id"]), reverse=True)
        size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
        shown = runs[:MAX_SHOWN]
        part = shown[size * (page - 1) : size * page]
        link = ""
        if size * page < len(shown):
            link = f'<{self.url}{path}?page={page + 1}&per_page={size}>; rel="next", '
            link += f'<{self.url}{path}?page={-(-len(shown) // size)}&per_page={size}>; rel="last"'
        return self._plain({"total_count": len(shown), "workflow_runs": part}, link=link)


@contextmanager
def run_stand_in() -> Iterator[StandIn]:
    """Serve a StandIn on a free port until the end of the block."""
    stand_in = StandIn()
    with serve(stand_in):
        yield stand_in


@contextmanager
def serve(stand_in: Server) -> Iterator[None]:
    """Serve what `stand_in` answers on a free port until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            stand_in.tokens.add(self.headers.get(stand_in.token_header, ""))
            status, headers, body = stand_in.answer(self.path, self.headers.get("If-None-Match", ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
