"""What is pinned so that no configuration, attribute or environment changes a number.

Nor may any of them start a program or reach a network. Must hold for every git that is started in
a repository; only finding it runs with the user's own settings. One thing git lets nobody pin: a
`binary` or `-diff` in the repository's own info/attributes hides the line counts of those files.
"""

from __future__ import annotations

import os

from cigate.gitlog import FORMAT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Git looks for this file, finds none, and is silent; an empty file would make it print advice.
NO_FILE = os.devnull + "/none"

# Which repository the caller's own git is at work in.
LOCAL = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_WORK_TREE",
    }
)

_DROPPED = frozenset(
    {
        "GIT_ATTR_SOURCE",
        "GIT_DIFF_OPTS",
        "GIT_EXTERNAL_DIFF",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_SHALLOW_FILE",
        "LANGUAGE",
    }
)

_SET = {
    "GIT_ALLOW_PROTOCOL": "none",  # for git before 2.39.4, which knows no GIT_NO_LAZY_FETCH
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_FLUSH": "0",  # else log hands over each commit by itself, and its reader wakes up for each
    "GIT_GRAFT_FILE": NO_FILE,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

_CONFIG = {
    "attr.tree": "",
    "core.attributesFile": os.devnull,
    "core.bigFileThreshold": "32m",
    "core.fsmonitor": "false",
    "diff.orderFile": os.devnull,
    "diff.relative": "false",
    "log.showRoot": "true",
}

CONFIG = tuple(word for name, value in _CONFIG.items() for word in ("-c", f"{name}={value}"))

LOG = (
    "log",
    "-z",
    f"--format={FORMAT}",
    "--encoding=UTF-8",
    "--no-color",
    "--no-decorate",
    "--no-mailmap",
    "--no-notes",
    "--no-show-signature",
    "--raw",
    "--no-abbrev",
    "--diff-merges=first-parent",
    "--ignore-submodules=none",
    "--submodule=short",
    "--no-ext-diff",
    "--no-textconv",
)

# These open blobs, so they cannot be asked for where one is missing.
COUNTED = (
    "--numstat",
    "--find-renames=50%",
    "-l400",
    "--rename-empty",
    "--diff-algorithm=myers",
    "--no-indent-heuristic",
)
UNCOUNTED = ("--no-renames",)


def open_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for finding a repository: the user's, with messages in English."""
    return {**env, "LC_ALL": "C"}


def pinned_environment(env: Mapping[str, str], git_dir: str) -> dict[str, str]:
    """Return the environment for all else.

    The git directory doubles as the work tree: attributes are then read from no checkout, which
    would make the numbers depend on what is checked out.
    """
    kept = {name: value for name, value in env.items() if name not in _DROPPED}
    return {**kept, **_SET, "GIT_DIR": git_dir, "GIT_WORK_TREE": git_dir}
