"""GitHub's API through PyGithub: the runs of Actions, the attempts and the jobs of each.

Must not keep or show who started a run, nor the token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import time
from typing import Any, Final, NoReturn
from urllib.parse import quote

from cigate.errors import ForgeError, MissingExtra
from cigate.forges.addresses import check_address
from cigate.forges.patience import Moved, Patience, Refused, server_time
from cigate.forges.slices import Page
from cigate.providers.run import parse_moment, text_at

API_URL: Final = "https://api.github.com"
PER_PAGE: Final = 100
# GitHub allows 900 requests a minute.
APART_S: Final = 0.067
TIMEOUT_S: Final = 30
_UNCHANGED: Final[Mapping[str, Any]] = {}


class GitHub:
    """One repository on a GitHub server.

    Its methods raise ForgeError where the server does not answer, or refuses.
    """

    def __init__(self, api_url: str, name: str, token: str, patience: Patience) -> None:
        """Open no connection yet; `name` is OWNER/REPO, `token` "" for what everybody may see.

        Raises:
            MissingExtra: PyGithub is not installed.
            UsageError: `api_url` is no address that may be given a token.
        """
        check_address(api_url, "--api-url", "for GitHub Enterprise: https://HOST/api/v3")
        try:
            from github import Auth, Github
        except ModuleNotFoundError as missing:
            raise MissingExtra("backfill from GitHub", "github") from missing
        server = Github(
            base_url=api_url.rstrip("/"),
            auth=Auth.Token(token) if token else None,
            per_page=PER_PAGE,
            retry=None,
            timeout=TIMEOUT_S,
            seconds_between_requests=APART_S,
            user_agent="cigate",
        )
        self._requester = server.requester
        self._patience = patience
        self._path = f"/repos/{quote(name)}"
        self._name = name
        self._of = ""

    def open(self) -> tuple[int, int]:
        """Return when the repository was created and what the server's clock says now.

        A renamed repository is followed to its new name.
        """
        headers, plain = self._get(self._path)
        self._path = f"/repos/{quote(text_at(plain, 'full_name') or self._name)}"
        return parse_moment(text_at(plain, "created_at")), int(server_time(headers, time()))

    def workflows(self) -> dict[int, tuple[str, str]]:
        """Return the name and the file of each workflow by its number."""
        found: dict[int, tuple[str, str]] = {}
        number, more = 1, True
        while more:
            url = f"{self._path}/actions/workflows"
            headers, plain = self._get(url, {"per_page": PER_PAGE, "page": number})
            for flow in _list_at(plain, "workflows"):
                found[flow.get("id", 0)] = text_at(flow, "name"), text_at(flow, "path")
            number, more = number + 1, _has_next(headers)
        return found

    def only(self, workflow: int) -> None:
        """Ask for the runs of one workflow from now on."""
        self._of = f"/workflows/{workflow}"

    def page(self, since: int, until: int, number: int) -> Page:
        """Return a page of the runs that were created in [since, until], the newest first."""
        asked = {
            "created": f"{_iso(since)}..{_iso(until)}",
            "per_page": PER_PAGE,
            "page": number,
        }
        headers, plain = self._get(f"{self._path}/actions{self._of}/runs", asked)
        total = plain.get("total_count")
        runs = _list_at(plain, "workflow_runs")
        return Page(tuple(runs), total if isinstance(total, int) else len(runs), _has_next(headers))

    def newest(self, mark: str) -> tuple[str, bool, int]:
        """Return the mark of the newest runs, whether it still is `mark`, and the server's clock.

        If it is, nothing has happened since, and the answer costs nothing of the rate limit.
        """
        tag, _, url = mark.partition("\n")
        url = url or f"{self._path}/actions{self._of}/runs"
        headers, plain = self._get(url, {"per_page": PER_PAGE}, tag=tag)
        tag = str(headers.get("etag", ""))
        return f"{tag}\n{url}" if tag else "", plain is _UNCHANGED, int(server_time(headers, time()))

    def attempt(self, run: int, number: int) -> Mapping[str, Any] | None:
        """Return an earlier attempt of a run, None where the server has forgotten it."""
        url = f"{self._path}/actions/runs/{run}/attempts/{number}"
        return self._get(url, missing_ok=True)[1] or None

    def jobs(self, run: int, number: int) -> Sequence[Mapping[str, Any]]:
        """Return the jobs of an attempt of a run, none where the server has forgotten it."""
        found: list[Mapping[str, Any]] = []
        page, more = 1, True
        while more:
            url = f"{self._path}/actions/runs/{run}/attempts/{number}/jobs"
            headers, plain = self._get(url, {"per_page": PER_PAGE, "page": page}, missing_ok=True)
            found += _list_at(plain, "jobs") if plain else ()
            page, more = page + 1, _has_next(headers)
        return found

    def _get(
        self, url: str, parameters: dict[str, Any] | None = None, missing_ok: bool = False, tag: str = ""
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        try:
            headers, plain = self._patience.ask(lambda: self._ask(url, parameters, tag))
        except Refused as error:
            if missing_ok and error.status == 404:
                return {}, {}
            self._refuse(error.status)
        if tag and plain is None:
            return headers, _UNCHANGED
        if not isinstance(plain, Mapping) or "data" in plain:
            raise ForgeError("the server's answer is not GitHub's", "is --api-url the address of its API?")
        return headers, plain

    def _ask(self, url: str, parameters: dict[str, Any] | None, tag: str) -> tuple[dict[str, Any], Any]:
        from github import GithubException

        asked = {"If-None-Match": tag} if tag else None
        try:
            return self._requester.requestJsonAndCheck("GET", url, parameters=parameters, headers=asked)
        except GithubException as error:
            said = error.data.get("message") if isinstance(error.data, dict) else None
            message = said if isinstance(said, str) else ""
            raise Refused(error.status, error.headers or {}, message) from None
        except (RuntimeError, AssertionError):
            raise Moved from None

    def _refuse(self, status: int) -> NoReturn:
        if status == 401:
            raise ForgeError("GitHub does not accept the token", "give GITHUB_TOKEN one that has not expired")
        if status == 404:
            raise ForgeError(
                f"there is no repository {self._name}, or not for this token",
                "GITHUB_TOKEN must have the right to read its Actions",
            )
        raise ForgeError(
            f"GitHub refuses the request with {status}",
            "GITHUB_TOKEN must have the right to read the repository's Actions",
        )


def _list_at(plain: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    found = plain.get(key)
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise ForgeError("the server's answer is not GitHub's", "is --api-url the address of its API?")
    return found


def _has_next(headers: Mapping[str, Any]) -> bool:
    return 'rel="next"' in str(headers.get("link", ""))


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
