"""Which CI server a backfill asks, for what, and as whom: from arguments, the environment and git's remote.

Must not ask anything itself, nor show a token.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from cigate.change import Fact
from cigate.errors import GitError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.forges import Forge, Wanted
    from cigate.forges.patience import Patience
    from cigate.git import Repository

Tell = Callable[[str], None]


class Asked(Fact):
    """A server, what is asked of it in a person's words, and where heads of pull requests come from."""

    __slots__ = ("fetch", "forge", "name", "place")

    def __init__(self, forge: Forge, name: str, place: str, fetch: str) -> None:
        self.forge: Final = forge
        self.name: Final = name
        self.place: Final = place
        self.fetch: Final = fetch


def open_forge(args: argparse.Namespace, repo: Repository, env: Mapping[str, str], tell: Tell) -> Asked:
    """Return the server that `args.forge` names; nothing is asked yet.

    Raises:
        UsageError: what is given does not tell which one, or names an address that must get no token.
    """
    from cigate.forges.patience import Patience

    return FORGES[args.forge](args, repo, env, tell, Patience(args.max_wait, tell))


def _open_github(
    args: argparse.Namespace, repo: Repository, env: Mapping[str, str], tell: Tell, patience: Patience
) -> Asked:
    from cigate.forges.github import API_URL, GitHub
    from cigate.forges.github_actions import Actions

    url = args.api_url or env.get("GITHUB_API_URL", "") or API_URL
    hosts = ("github.com", "ssh.github.com")
    name = args.name.strip("/") or _name_of_origin(
        repo, "GitHub", () if url != API_URL else hosts, "https://{host}/api/v3"
    )
    if name.count("/") != 1 or not all(name.split("/")):
        raise UsageError(f"{name!r} is not of the form OWNER/REPO", "cigate backfill github OWNER/REPO")
    token = _first(env, "GITHUB_TOKEN", "GH_TOKEN")
    if not token:
        tell("no GITHUB_TOKEN: only what is public, 60 requests an hour")
    forge = Actions(GitHub(url, name, token, patience), _wanted(args))
    return Asked(forge, name, args.api_url or "", _fetch("pull"))


def _open_gitlab(
    args: argparse.Namespace, repo: Repository, env: Mapping[str, str], tell: Tell, patience: Patience
) -> Asked:
    from cigate.forges.addresses import check_address
    from cigate.forges.gitlab import API_URL, GitLab

    url = args.api_url or env.get("CI_SERVER_URL", "") or API_URL
    check_address(url, "--api-url", "for a server of one's own: https://HOST")
    hosts = () if url != API_URL else ("gitlab.com", "altssh.gitlab.com")
    name = args.name.strip("/") or _name_of_origin(repo, "GitLab", hosts, "https://{host}")
    token = _first(env, "GITLAB_TOKEN")
    if not token:
        tell("no GITLAB_TOKEN: only what is public")
    forge = GitLab(url.rstrip("/"), name, token, patience, _wanted(args))
    return Asked(forge, name, args.api_url or "", _fetch("merge-requests"))


def _open_jenkins(
    args: argparse.Namespace, repo: Repository, env: Mapping[str, str], tell: Tell, patience: Patience
) -> Asked:
    from cigate.forges.addresses import check_address
    from cigate.forges.jenkins import Jenkins

    url = args.name or args.api_url or ""
    check_address(url, "the job's URL", "cigate backfill jenkins https://ci.example/job/NAME/")
    login = _first(env, "JENKINS_USER_ID"), _first(env, "JENKINS_API_TOKEN")
    if not all(login):
        tell("no JENKINS_USER_ID and JENKINS_API_TOKEN: only what everybody may see")
    path = urlsplit(url).path.strip("/") or urlsplit(url).netloc
    return Asked(Jenkins(url, login, patience, _wanted(args), _origin(repo)), path, url, _fetch("pull"))


FORGES: Final[
    Mapping[
        str,
        Callable[[argparse.Namespace, Repository, Mapping[str, str], Tell, Patience], Asked],
    ]
] = {"github": _open_github, "gitlab": _open_gitlab, "jenkins": _open_jenkins}


def _wanted(args: argparse.Namespace) -> Wanted:
    from cigate.forges import Wanted

    return Wanted(args.workflow, args.no_bots, args.no_scheduled, args.job)


def _fetch(refs: str) -> str:
    return f"git fetch origin '+refs/{refs}/*/head:refs/remotes/origin/{refs}/*'"


def _first(env: Mapping[str, str], *names: str) -> str:
    return next((env[name].strip() for name in names if env.get(name, "").strip()), "")


def _origin(repo: Repository) -> str:
    try:
        return os.fsdecode(repo.run(["config", "--get", "remote.origin.url"])).rstrip("\n")
    except GitError:
        return ""


def _name_of_origin(repo: Repository, forge: str, hosts: tuple[str, ...], api: str) -> str:
    """Return the path of the remote origin; it must be on one of `hosts` where any are given."""
    from cigate.forges.remotes import split_remote

    host, name = split_remote(_origin(repo))
    if not name:
        raise UsageError(
            f"the remote origin does not tell which repository on {forge} it is",
            f"cigate backfill {forge.lower()} OWNER/REPO",
        )
    if hosts and host not in hosts:
        raise UsageError(
            f"the remote origin is on {host}, not on {hosts[0]}",
            f"give --api-url {api.format(host=host)}, or name OWNER/REPO",
        )
    return name
