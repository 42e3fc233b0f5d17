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


class Skips:
    """Which of `heads` ask to be skipped: a question to git, under way; `reasons` waits for the answer."""

    def __init__(self, repo: Repository, heads: Sequence[str]) -> None:
        asked = "".join(f"{head}\n" for head in heads).encode()
        try:
            self._process = repo.start([*_ASKED, f"--format={_FORMAT}"], asked) if heads else None
        except GitError:
            self._process = None

    def reasons(self, deadline_s: float = 60) -> dict[str, str]:
        """Return the reason of each commit that asks to be skipped."""
        try:
            failed, answer, _ = self._process.communicate(deadline_s) if self._process else (0, b"", b"")
        except GitError:
            return {}
        return {} if failed else _parse(answer)

    def close(self) -> None:
        """End it without an answer."""
        if self._process:
            self._process.close()


def read_skips(repo: Repository, heads: Sequence[str], deadline_s: float = 60) -> dict[str, str]:
    """Return the reason of each commit among `heads` that asks to be skipped."""
    return Skips(repo, heads).reasons(deadline_s)


def _parse(answer: bytes) -> dict[str, str]:
    found = {}
    for line in answer.decode("utf-8", "replace").split("\0"):
        head, _, reason = line.strip().partition(" ")
        reason = " ".join(reason.split())
        if reason and not reason.startswith(
            "%("
        ):  # a git that does not know such trailers repeats the question
            found[head] = reason[:LONGEST_REASON]
    return found
