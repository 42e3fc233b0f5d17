"""One rule says which commits are new, in git's order, with and without all of history at hand."""

from __future__ import annotations

import pytest

from cigate.change import Commit
from cigate.walk import MAX_COMMITS, Walker, change_of, new_commits


def _history(drawn: str) -> dict[str, Commit]:
    """Return commits drawn as `id:time:parent,parent`, separated by blanks."""
    commits = {}
    for word in drawn.split():
        sha, time, parents = word.split(":")
        over = tuple(parents.split(",")) if parents else ()
        commits[sha] = Commit(sha, over, f"author of {sha}", int(time), int(time), "", ())
    return commits


def _ids(commits: tuple[Commit, ...]) -> str:
    return " ".join(commit.sha for commit in commits)


#   a - b - c - e - g
#    \      \ /
#     d ----- f          (f merges d into c; g stands on e)
FORK = _history("a:1: b:2:a c:3:b d:4:a e:5:c f:6:c,d g:7:e")


@pytest.mark.parametrize(
    ("head", "seen", "new"),
    [
        ("g", set(), "g e c b a"),
        ("g", {"c"}, "g e"),
        ("f", set(), "f d c b a"),
        ("f", {"a", "b", "c"}, "f d"),
        ("a", set(), "a"),
        ("g", {"g"}, ""),
        ("unknown", set(), ""),
    ],
)
def test_new_is_what_is_reached_and_not_seen(head: str, seen: set[str], new: str) -> None:
    """A seen commit ends the walk there, and only there."""
    commits, complete = new_commits(head, FORK, seen)
    assert (_ids(commits), complete) == (new, True)


def test_commit_that_is_not_known_ends_the_walk_too() -> None:
    """A live reading never fetched what the remote has."""
    known = {sha: FORK[sha] for sha in "efg"}
    assert _ids(new_commits("g", known, ())[0]) == "g e"


def test_equal_dates_come_in_the_order_of_discovery() -> None:
    """As in git: parents in their order, each behind whatever waits with the same date."""
    flat = _history("r:1: a:1:r b:1:r c:1:b m:1:a,b,c")
    assert _ids(new_commits("m", flat, ())[0]) == "m a b c r"


def test_skewed_clock_may_show_a_parent_before_another_child() -> None:
    """Git's default order is by date alone; a parent that claims to be younger comes first."""
    skewed = _history("r:90: a:5:r b:4:r m:10:a,b")
    assert _ids(new_commits("m", skewed, ())[0]) == "m a r b"


@pytest.mark.parametrize(
    ("limit", "new", "complete"), [(1, "g", False), (4, "g e c b", False), (5, "g e c b a", True)]
)
def test_limit_cuts_and_says_so(limit: int, new: str, complete: bool) -> None:
    """A cut is told from an end."""
    commits, whole = new_commits("g", FORK, (), limit)
    assert (_ids(commits), whole) == (new, complete)


def test_usual_limit() -> None:
    """Two hundred commits are judged one by one; the rest is only known to be there."""
    line = _history("c0:0: " + " ".join(f"c{n}:{n}:c{n - 1}" for n in range(1, MAX_COMMITS + 1)))
    assert len(line) == MAX_COMMITS + 1
    change = change_of(f"c{MAX_COMMITS}", line, (), branch="b", pushed_at=1)
    assert (len(change.commits), change.complete, change.base) == (MAX_COMMITS, False, "c0")
    change = change_of(f"c{MAX_COMMITS}", line, {"c0"}, branch="b", pushed_at=1)
    assert (len(change.commits), change.complete, change.base) == (MAX_COMMITS, True, "c0")


@pytest.mark.parametrize(
    ("head", "seen", "base"),
    [
        ("g", {"c"}, "c"),
        ("g", set(), ""),
        ("f", {"d", "a"}, "a"),
        ("f", {"c"}, "c"),
        ("g", {"g"}, "g"),
        ("a", set(), ""),
    ],
)
def test_base_is_where_the_first_parents_leave_the_change(head: str, seen: set[str], base: str) -> None:
    """That is the build a change stands on, whatever else it merged."""
    assert change_of(head, FORK, seen, branch="b", pushed_at=1).base == base


def test_change_carries_what_it_was_told() -> None:
    """Branch, target, event and time are the caller's; the author is the head commit's."""
    change = change_of("g", FORK, {"c"}, branch="b", pushed_at=9, target="main", event="pr")
    assert (change.head, change.branch, change.target, change.event) == ("g", "b", "main", "pr")
    assert (change.pushed_at, change.author, change.complete) == (9, "author of g", True)


def test_change_that_brings_nothing() -> None:
    """Nothing new has no author and stands on itself."""
    change = change_of("c", FORK, {"c"}, branch="b", pushed_at=9)
    assert (change.commits, change.author, change.base) == ((), "", "c")


class TestWalker:
    """All of history, one head after the other."""

    def _news(self, walker: Walker, heads: str) -> list[str]:
        return [_ids(walker.change(h, branch="b", pushed_at=1).commits) for h in heads.split()]

    def test_each_head_brings_what_none_before_it_did(self) -> None:
        assert self._news(Walker(FORK), "b c f g") == ["b", "c", "f d", "g e"]

    def test_first_head_brings_only_itself(self) -> None:
        """How long its branch had been built before is unknown: all of it would be a lie."""
        walker = Walker(FORK)
        change = walker.change("g", branch="b", pushed_at=1)
        assert (_ids(change.commits), change.complete, change.base) == ("g", True, "e")
        assert self._news(walker, "f") == ["f d"]

    def test_head_that_is_built_again_brings_the_same(self) -> None:
        walker = Walker(FORK)
        assert self._news(walker, "b g f g b") == ["b", "g e c", "f d", "g e c", "b"]

    def test_old_commit_that_is_built_late_brings_nothing(self) -> None:
        assert self._news(Walker(FORK), "b g c") == ["b", "g e c", ""]

    def test_what_the_limit_cut_is_seen_all_the_same(self) -> None:
        walker = Walker(FORK, limit=1)
        assert self._news(walker, "a g c") == ["a", "g", ""]
        assert not walker.change("g", branch="b", pushed_at=2).complete

    def test_same_head_on_another_branch(self) -> None:
        walker = Walker(FORK)
        walker.change("a", branch="x", pushed_at=1)
        one = walker.change("c", branch="x", pushed_at=1, event="push")
        two = walker.change("c", branch="y", pushed_at=5, target="x", event="pull_request")
        assert one.commits == two.commits
        assert (two.branch, two.target, two.event, two.pushed_at) == ("y", "x", "pull_request", 5)

    def test_unknown_head_is_an_error(self) -> None:
        with pytest.raises(KeyError):
            Walker(FORK).change("unknown", branch="b", pushed_at=1)
