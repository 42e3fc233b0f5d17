"""The trailer by which a commit asks not to be held up: `Cigate-Skip: reason`.

Asked only where a push would be warned about or blocked. The head commit's word counts, and only with a
reason; a git that fails leaves the verdict as it is.
"""

from __future__ import annotations

from cigate.errors import GitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cigate.git import Repository

TRAILER = "Cigate-Skip"
LONGEST_REASON = 120
_FORMAT = f"%H %(trailers:key={TRAILER},valueonly,unfold,separator=%x2C%x20)"
_ASKED = (
    "log",
    "--no-walk=unsorted",
    "--stdin",
    "-z",
    "--encoding=UTF-8",
    "--no-show-signature",
    "--no-notes",
)


def read_skips(repo: Repository, heads: Sequence[str], deadline_s: float = 60) -> dict[str, str]:
    """Return the reason of each commit among `heads` that asks to be skipped."""
    asked = "".join(f"{head}\n" for head in heads).encode()
    try:
        answer = repo.run([*_ASKED, f"--format={_FORMAT}"], asked, deadline_s) if heads else b""
    except GitError:
        return {}
    found = {}
    for line in answer.decode("utf-8", "replace").split("\0"):
        head, _, reason = line.strip().partition(" ")
        reason = " ".join(reason.split())
        if reason and not reason.startswith(
            "%("
        ):  # a git that does not know such trailers repeats the question
            found[head] = reason[:LONGEST_REASON]
    return found
