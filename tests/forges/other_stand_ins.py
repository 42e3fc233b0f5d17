"""Stand-ins for GitLab's and Jenkins' APIs: their shapes, and no more."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.forges.stand_in import AT, Answer, Server, iso, seconds


class GitLabServer(Server):
    """A project of the number 7, called team/shop."""

    token_header = "PRIVATE-TOKEN"

    def __init__(self) -> None:
        super().__init__()
        self.pipelines: list[dict[str, Any]] = []
        self.jobs: dict[int, list[dict[str, Any]]] = {}
        self.merges: dict[int, dict[str, Any]] = {}
        self.commits: dict[str, list[str]] = {}

    def content(self, target: str) -> Answer:
        """Return what GitLab would."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        words = [unquote(word) for word in parts.path.strip("/").split("/")]
        if words[:3] != ["api", "v4", "projects"] or words[3] not in ("7", "team/shop"):
            return _plain({"message": "404 Project Not Found"}, 404)
        match words[4:]:
            case []:
                return _plain({"id": 7, "path_with_namespace": "team/shop"})
            case ["pipelines"]:
                found = [p for p in self.pipelines if not query.get("name") or p["name"] == query["name"]]
                if "updated_after" in query:
                    since = seconds(query["updated_after"])
                    found = [p for p in found if seconds(p["updated_at"]) > since]
                found.sort(key=lambda p: int(p["id"]), reverse=query.get("sort") == "desc")
                hidden = ("user", "started_at", "finished_at", "yaml_errors", "duration")
                return _page([{k: v for k, v in p.items() if k not in hidden} for p in found], query)
            case ["pipelines", number]:
                whole = [p for p in self.pipelines if p["id"] == int(number)]
                return _plain(whole[0]) if whole else _plain({"message": "404"}, 404)
            case ["pipelines", number, "jobs"]:
                return _page(self.jobs.get(int(number), []), query)
            case ["merge_requests", number] if int(number) in self.merges:
                return _plain(self.merges[int(number)])
            case ["repository", "commits", sha] if sha in self.commits:
                return _plain({"id": sha, "parent_ids": self.commits[sha]})
        return _plain({"message": "404 Not Found"}, 404)


def pipeline(number: int, sha: str, status: str = "success", **more: Any) -> dict[str, Any]:
    """Return a pipeline as GitLab describes it, `number` minutes after AT; `more` replaces fields."""
    at = AT + 60 * number
    return {
        "id": 1000 + number,
        "iid": number + 1,
        "project_id": 7,
        "sha": sha,
        "ref": "main",
        "tag": False,
        "status": status,
        "source": "push",
        "name": None,
        "created_at": iso(at),
        "updated_at": iso(at + 31),
        "started_at": iso(at + 1),
        "finished_at": iso(at + 31),
        "duration": 30,
        "yaml_errors": None,
        "web_url": f"https://gitlab.invalid/team/shop/-/pipelines/{1000 + number}",
        "user": {"username": "ann-the-person"},
    } | more


def gitlab_job(number: int, name: str, status: str, at: int, **more: Any) -> dict[str, Any]:
    """Return a job as GitLab describes it."""
    return {
        "id": number,
        "name": name,
        "status": status,
        "created_at": iso(at - 2),
        "started_at": iso(at),
        "finished_at": iso(at + 9),
        "failure_reason": "script_failure" if status == "failed" else None,
        "web_url": f"https://gitlab.invalid/team/shop/-/jobs/{number}",
        "user": {"username": "ann-the-person"},
    } | more


class JenkinsServer(Server):
    """Jobs by their path ("shop/main"); a folder whose class is of branches is a multibranch project."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, list[dict[str, Any]]] = {}
        self.multibranch: set[str] = set()

    def content(self, target: str) -> Answer:
        """Return what Jenkins would."""
        parts = urlsplit(target)
        tree = parse_qs(parts.query)["tree"][0]
        path = "/".join(unquote(word) for word in re.findall(r"job/([^/]+)", parts.path))
        if path in self.jobs:
            if (span := re.search(r"\{(\d+),(\d+)\}$", tree)) is None:
                return _plain({"_class": "org.jenkinsci.plugins.workflow.job.WorkflowJob", "fullName": path})
            return _plain({"allBuilds": self.jobs[path][::-1][int(span[1]) : int(span[2])]})
        inside = sorted(
            {name[len(path) :].strip("/").split("/")[0] for name in self.jobs if name.startswith(path)}
        )
        if not inside:
            return _plain({}, 404)
        kind = "WorkflowMultiBranchProject" if path in self.multibranch else "Folder"
        base = f"https://ci.invalid{parts.path.removesuffix('api/json')}"
        jobs = [{"name": name, "url": f"{base}job/{name.replace('%', '%25')}/"} for name in inside]
        return _plain({"_class": f"org.jenkins.{kind}", "fullName": path, "jobs": jobs})


def jenkins_build(number: int, sha: str, result: str | None = "SUCCESS", **more: Any) -> dict[str, Any]:
    """Return a build as Jenkins describes it, `number` minutes after AT."""
    revision = {"SHA1": sha, "branch": [{"name": "refs/remotes/origin/main"}]}
    return {
        "number": number,
        "result": result,
        "building": result is None,
        "timestamp": 1000 * (AT + 60 * number) + 7,
        "duration": 30_500,
        "url": f"https://ci.invalid/job/shop/{number}/",
        "actions": [
            {},
            {"causes": [{"_class": "hudson.model.Cause$UserIdCause"}]},
            {"lastBuiltRevision": revision, "remoteUrls": ["git@git.invalid:team/shop.git"]},
        ],
    } | more


def _plain(plain: object, status: int = 200) -> Answer:
    return status, {"RateLimit-Remaining": "1999"}, json.dumps(plain).encode()


def _page(items: list[dict[str, Any]], query: dict[str, str]) -> Answer:
    size, page = int(query.get("per_page", "20")), int(query.get("page", "1"))
    status, headers, body = _plain(items[size * (page - 1) : size * page])
    return status, headers | {"X-Next-Page": str(page + 1) if size * page < len(items) else ""}, body
