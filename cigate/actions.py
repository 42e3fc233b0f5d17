"""The workflow that `cigate init` writes for GitHub Actions: a job of its own that judges and stops nothing.

Names cigate's action by the repository and commit that this cigate was installed from, and is not written
where that is not known: a guessed name would break the pipeline that it is meant to serve.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, distribution

from cigate.edits import Edit, read_text
from cigate.errors import InstallError

FILE = ".github/workflows/cigate.yml"
CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
WORKFLOW = """\
# Written by `cigate init`: says how likely a push or pull request is to break CI, and stops nothing.
name: cigate
on:
  push:
  pull_request:
  merge_group:

permissions: {{}}

jobs:
  judge:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    permissions:
      contents: read
    steps:
      - uses: {checkout}
        with:
          persist-credentials: false
      - uses: {action}
        with:
          fail-on: never
          history: ${{{{ secrets.CIGATE_STORE }}}} # the team's builds; without it, those that a model brings
"""
_GITHUB = re.compile(r"(?:https://|ssh://git@|git@)github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?")


def workflow_edit(top: str, files: tuple[str, ...]) -> Edit | None:
    """Return the new workflow, None where one of `files` names cigate already or the action is not known."""
    action = find_action()
    if not action or FILE in files:
        return None
    for file in files:
        try:
            if "cigate" in (read_text(top, file) or ""):
                return None
        except InstallError:
            continue  # what cannot be read is not changed either
    return Edit(FILE, None, WORKFLOW.format(checkout=CHECKOUT, action=action))


def find_action() -> str:
    """Return OWNER/REPO@COMMIT on GitHub that this cigate was installed from, "" if none."""
    try:
        return parse_origin(distribution("cigate").read_text("direct_url.json") or "")
    except PackageNotFoundError:
        return ""


def parse_origin(text: str) -> str:
    """Return the action that pip's record of a package's origin names, "" where it names none."""
    try:
        told = json.loads(text)
        url, commit = told["url"], told["vcs_info"]["commit_id"]
    except (ValueError, KeyError, TypeError):
        return ""
    found = _GITHUB.fullmatch(url) if isinstance(url, str) else None
    whole = isinstance(commit, str) and re.fullmatch(r"[0-9a-f]{40}", commit)
    return f"{found[1]}@{commit}" if found and whole else ""
