"""Jenkins as a Forge: the builds of a job, of a multibranch project, or of all jobs in a folder.

Asked with urllib, a hundred builds at a time: python-jenkins has no call for less than a request a
build. Must not keep or show who started a build, nor the login.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from time import time
from typing import Any, Final, NoReturn
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cigate.errors import ForgeError, UsageError
from cigate.forges import NO_OUTCOME, SCHEDULED, Found, Stretch, Try, Wanted
from cigate.forges.jenkins_runs import (
    FIELDS,
    Job,
    build_id,
    created_at,
    is_multibranch,
    is_open,
    is_scheduled,
    parse_build,
)
from cigate.forges.patience import Moved, Patience, Refused, server_time
from cigate.providers.run import text_at

PAGE: Final = 100
MAX_DEPTH: Final = 8
TIMEOUT_S: Final = 30
MAX_BYTES: Final = 64 << 20
JOBS: Final = "_class,fullName,jobs[_class,name,url]"


class Jenkins:
    """What a Jenkins server remembers below one URL; `login` is (user, token), both "" for everybody."""

    def __init__(
        self, url: str, login: tuple[str, str], patience: Patience, wanted: Wanted, origin: str
    ) -> None:
        """Open no connection yet; `origin` is the address of the repository's remote."""
        if wanted.job or wanted.no_bots:
            raise UsageError(
                "Jenkins tells neither jobs within a build nor bots", "leave --job and --no-bots out"
            )
        self._url: Final = url.rstrip("/") + "/"
        self._login = login
        self._patience = patience
        self._wanted = wanted
        self._origin = origin
        self._opener = build_opener(_NoRedirect)
        self._headers: Mapping[str, str] = {}
        self.now = 0
        self.mark = ""

    def read(self, since: int, mark: str) -> Iterator[Stretch]:  # noqa: ARG002
        """Yield the builds that started since then, those of all jobs together."""
        told = self._get(self._url, JOBS)
        self.now = int(server_time(self._headers, time()))
        found: list[Found] = []
        for job, url in self._jobs(told, self._url, MAX_DEPTH):
            if not self._wanted.workflow or self._wanted.workflow in (job.workflow, job.name):
                found += [self._found(build, job) for build in self._builds(url, since)]
        yield Stretch(found, self.now)

    def covers(self, id: str) -> str:
        """Return the id of the build of which one stage was recorded."""
        return id.rpartition("//")[0]

    def _jobs(
        self, told: Mapping[str, Any], url: str, depth: int, of_branches: bool = False
    ) -> Iterator[tuple[Job, str]]:
        """Yield the jobs at and below what was `told` of `url`, each with its own."""
        inside = told.get("jobs")
        if not isinstance(inside, list):
            yield Job(text_at(told, "fullName"), of_branches), url
            return
        if not depth:
            raise ForgeError("folders lie too deep in one another", "give the URL of one of them")
        for number, entry in enumerate(inside):
            name = text_at(entry, "name") if isinstance(entry, Mapping) else ""
            if not name:
                raise ForgeError(
                    f"the server's answer is not Jenkins' (job {number})", "is it the right URL?"
                )
            # Its own idea of its address may be one that is not reached from here.
            below = f"{url}job/{urlsplit(text_at(entry, 'url')).path.rstrip('/').rpartition('/')[2] or name}/"
            yield from self._jobs(self._get(below, JOBS), below, depth - 1, is_multibranch(told))

    def _builds(self, url: str, since: int) -> Iterator[Mapping[str, Any]]:
        """Yield the builds of one job that started since then, the newest first."""
        start = 0
        while True:
            # A build that starts meanwhile moves all others on, so that one may come twice.
            plain = self._get(url, f"allBuilds[{FIELDS}]{{{start},{start + PAGE}}}")
            builds = plain.get("allBuilds")
            if not isinstance(builds, list) or not all(isinstance(build, Mapping) for build in builds):
                raise ForgeError("the server's answer is not Jenkins'", "is it the URL of a job or a folder?")
            yield from (build for build in builds if created_at(build) >= since)
            if len(builds) < PAGE or created_at(builds[-1]) < since:
                return
            start += PAGE

    def _found(self, told: Mapping[str, Any], job: Job) -> Found:
        scheduled = self._wanted.no_scheduled and is_scheduled(told)

        def tries() -> Sequence[Try]:
            read = Try(build_id(told, job), lambda: parse_build(told, job, self._origin) or NO_OUTCOME)
            return () if is_open(told) else (read,)

        return Found(created_at(told), is_open(told), SCHEDULED if scheduled else "", tries)

    def _get(self, url: str, tree: str) -> Mapping[str, Any]:
        try:
            plain = self._patience.ask(lambda: self._ask(f"{url}api/json?{urlencode({'tree': tree})}"))
        except Refused as error:
            self._refuse(error.status)
        if not isinstance(plain, Mapping):
            raise ForgeError("the server's answer is not Jenkins'", "is it the URL of a job or a folder?")
        return plain

    def _ask(self, url: str) -> Any:
        # Only https gets here, or this machine itself: whoever read the URL has seen to it.
        request = Request(url, headers={"User-Agent": "cigate"})  # noqa: S310
        if all(self._login):
            known = b64encode(":".join(self._login).encode()).decode()
            request.add_header("Authorization", f"Basic {known}")
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                self._headers = {name.lower(): value for name, value in answer.headers.items()}
                return json.loads(answer.read(MAX_BYTES))
        except HTTPError as error:
            with error:
                headers = {name.lower(): value for name, value in error.headers.items()}
                if 300 <= error.code < 400:
                    raise Moved from None
                raise Refused(error.code, headers) from None

    def _refuse(self, status: int) -> NoReturn:
        if status in (401, 403):
            raise ForgeError(
                f"Jenkins refuses the request with {status}",
                "give JENKINS_USER_ID and JENKINS_API_TOKEN of a user who may read the job",
            )
        if status == 404:
            raise ForgeError(
                "there is no such job, or not for this user", "is it the URL that a browser shows?"
            )
        raise ForgeError(f"Jenkins refuses the request with {status}", "is it the URL of a job or a folder?")


class _NoRedirect(HTTPRedirectHandler):
    """A login is for one address only."""

    def redirect_request(self, *args: object) -> None:
        """Follow nothing."""
