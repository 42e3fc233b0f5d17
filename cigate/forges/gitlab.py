"""GitLab CI as a Forge, through python-gitlab: pipelines, or one job of each, become builds.

Must not keep or show who started a pipeline, nor the token.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from time import time
from typing import Any, Final, NoReturn
from urllib.parse import quote

from cigate.errors import ForgeError, MissingExtra
from cigate.forges import BY_BOTS, NO_OUTCOME, SCHEDULED, Found, Stretch, Try, Wanted
from cigate.forges.gitlab_runs import (
    Place,
    branch_of,
    created_at,
    head_of,
    is_bots,
    is_open,
    is_scheduled,
    job_id,
    merge_request,
    parse_job,
    parse_pipeline,
    pipeline_id,
)
from cigate.forges.patience import Moved, Patience, Refused, server_time
from cigate.providers.gitlab import NAME
from cigate.providers.run import parse_id, text_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from requests import Response

    from cigate.tables.rows import Build

API_URL: Final = "https://gitlab.com"
PER_PAGE: Final = 100
TIMEOUT_S: Final = 30


class GitLab:
    """One project on a GitLab server; `name` is GROUP/PROJECT or the project's number."""

    def __init__(self, url: str, name: str, token: str, patience: Patience, wanted: Wanted) -> None:
        """Open no connection yet; `token` "" for what everybody may see.

        Raises:
            MissingExtra: python-gitlab is not installed.
        """
        try:
            import gitlab
        except ModuleNotFoundError as missing:
            raise MissingExtra("backfill from GitLab", "gitlab") from missing
        self._server = gitlab.Gitlab(url, private_token=token or None, timeout=TIMEOUT_S, user_agent="cigate")
        self._server.session.hooks["response"].append(self._keep)
        self._headers: Mapping[str, str] = {}
        self._patience = patience
        self._wanted = wanted
        self._path = f"/projects/{quote(name, safe='')}"
        self._name = name
        self._merges: dict[str, tuple[str, str]] = {}
        self.now = 0
        self.mark = ""

    def read(self, since: int, mark: str) -> Iterator[Stretch]:  # noqa: ARG002
        """Yield the pipelines that were created, or have changed, since then."""
        self._get(self._path)
        self.now = int(server_time(self._headers, time()))
        asked: dict[str, Any] = {"order_by": "id", "sort": "asc", "per_page": PER_PAGE}
        if since:
            asked["updated_after"] = datetime.fromtimestamp(since, UTC).isoformat()
        if self._wanted.workflow:
            asked["name"] = self._wanted.workflow
        page = 1
        while page:
            found = self._list(f"{self._path}/pipelines", {**asked, "page": page})
            page = _next_page(self._headers)
            # What is told by its changes comes in the order of its creation: only the end is an end.
            yield Stretch([self._found(told) for told in found], 0 if page else self.now)

    def covers(self, id: str) -> str:
        """Return the id of the pipeline of which one job was recorded."""
        run_id, _, job = id.rpartition("//")
        if self._wanted.job or not job or not run_id.startswith(f"{NAME}/"):
            return ""
        provider, run, rest = run_id.split("/", 2)
        return f"{provider}/{run.partition('.')[0]}/{rest}"

    def _found(self, told: Mapping[str, Any]) -> Found:
        scheduled = self._wanted.no_scheduled and is_scheduled(told)
        return Found(
            created_at(told), is_open(told), SCHEDULED if scheduled else "", lambda: self._tries(told)
        )

    def _tries(self, told: Mapping[str, Any]) -> Sequence[Try]:
        if not self._wanted.job:
            return () if is_open(told) else [Try(pipeline_id(told), lambda: self._pipeline(told))]
        asked = {"include_retried": "true", "per_page": PER_PAGE}
        jobs = self._list(f"{self._path}/pipelines/{told.get('id')}/jobs", asked)
        own = [job for job in jobs if text_at(job, "name") == self._wanted.job and not is_open(job)]
        own.sort(key=lambda job: (created_at(job), str(job.get("id"))))
        return [Try(job_id(told, job), partial(self._job, told, job)) for job in own]

    def _pipeline(self, told: Mapping[str, Any]) -> Build | str:
        whole = self._get(f"{self._path}/pipelines/{told.get('id')}")
        if self._wanted.no_bots and is_bots(whole):
            return BY_BOTS
        return parse_pipeline({**told, **whole}, self._place(told)) or NO_OUTCOME

    def _job(self, told: Mapping[str, Any], job: Mapping[str, Any]) -> Build | str:
        if self._wanted.no_bots and is_bots(job):
            return BY_BOTS
        return parse_job(told, job, self._place(told)) or NO_OUTCOME

    def _place(self, told: Mapping[str, Any]) -> Place:
        number, made = merge_request(told)
        if not number:
            return Place(head_of(told), branch_of(told))
        if number not in self._merges:
            said = self._get(f"{self._path}/merge_requests/{number}", missing_ok=True)
            self._merges[number] = text_at(said, "source_branch"), text_at(said, "target_branch")
        branch, target = self._merges[number]
        head = head_of(told)
        if made:  # of the target and the head that was pushed
            commit = self._get(f"{self._path}/repository/commits/{head}", missing_ok=True)
            parents = commit.get("parent_ids")
            head = parse_id(parents[-1]) if isinstance(parents, list) and len(parents) == 2 else head
        return Place(head, branch or f"merge-requests/{number}", target)

    def _get(
        self, path: str, asked: Mapping[str, Any] | None = None, missing_ok: bool = False
    ) -> Mapping[str, Any]:
        try:
            plain = self._patience.ask(lambda: self._ask(path, asked or {}))
        except Refused as error:
            if missing_ok and error.status == 404:
                return {}
            self._refuse(error.status)
        if not isinstance(plain, Mapping):
            raise ForgeError("the server's answer is not GitLab's", "is --api-url its address?")
        return plain

    def _list(self, path: str, asked: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        try:
            plain = self._patience.ask(lambda: self._ask(path, asked))
        except Refused as error:
            self._refuse(error.status)
        if not isinstance(plain, list) or not all(isinstance(item, Mapping) for item in plain):
            raise ForgeError("the server's answer is not GitLab's", "is --api-url its address?")
        return plain

    def _ask(self, path: str, asked: Mapping[str, Any]) -> Any:
        from gitlab.exceptions import GitlabError, GitlabParsingError, RedirectError

        try:
            return self._server.http_request(
                "get", path, query_data=dict(asked), obey_rate_limit=False, retry_transient_errors=False
            ).json()
        except RedirectError:
            raise Moved from None
        except GitlabParsingError:
            raise ValueError from None
        except GitlabError as error:
            raise Refused(error.response_code or 0, self._headers, str(error.error_message or "")) from None

    def _keep(self, response: Response, *args: object, **more: object) -> None:  # noqa: ARG002
        self._headers = {name.lower(): value for name, value in response.headers.items()}

    def _refuse(self, status: int) -> NoReturn:
        if status == 401:
            raise ForgeError("GitLab does not accept the token", "give GITLAB_TOKEN one that has not expired")
        if status == 404:
            raise ForgeError(
                f"there is no project {self._name}, or not for this token",
                "GITLAB_TOKEN needs the scope read_api",
            )
        raise ForgeError(f"GitLab refuses the request with {status}", "GITLAB_TOKEN needs the scope read_api")


def _next_page(headers: Mapping[str, str]) -> int:
    following = headers.get("x-next-page", "")
    return int(following) if following.isdecimal() else 0
