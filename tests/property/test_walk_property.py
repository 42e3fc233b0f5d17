"""Live and bulk reading agree on any history: the numbers of a push are those a model learned from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cigate.change import Change
from cigate.git import Repository
from cigate.walk import MAX_COMMITS, Walker, change_of
from tests.repo import Repo, clean_environment

# (parents as indices of earlier commits, time, {file: lines})
Plan = list[tuple[list[int], int, dict[str, int]]]
FILES = st.dictionaries(st.sampled_from(["a", "b", "c d", "e/f"]), st.integers(0, 30), max_size=3)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a history: roots, merges, octopus merges, equal dates and clocks that run backwards.

    Wild clocks come in short histories only: a commit dated later than six of its descendants may
    be new to `git rev-list A ^B` although B has it, because git stops looking after five.
    """
    plan: Plan = []
    wild = draw(st.booleans())
    time = 1000
    for number in range(draw(st.integers(1, 7 if wild else 14))):
        earlier = st.integers(max(0, number - 4), max(0, number - 1))
        parents = draw(st.lists(earlier, max_size=3, unique=True)) if number else []
        if number and not parents and draw(st.integers(0, 9)):
            parents = [number - 1]
        time = draw(st.integers(990, 1010)) if wild else time + draw(st.sampled_from([0, 0, 1, 60]))
        plan.append((parents, time, draw(FILES)))
    return plan


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return Repo.init(tmp_path_factory.mktemp("property") / "it.git", bare=True)


def _build(repo: Repo, plan: Plan) -> list[str]:
    """Make the planned commits and return their ids."""
    stream = b""
    for number, (parents, time, files) in enumerate(plan, 1):
        stream += b"commit refs/heads/c%d\nmark :%d\n" % (number, number)
        stream += b"committer A <a@x> %d +0000\ndata 3\nc%02d\n" % (time, number)
        for word, parent in zip([b"from", *[b"merge"] * len(parents)], parents, strict=False):
            stream += b"%s :%d\n" % (word, parent + 1)
        for name, lines in files.items():
            content = b"".join(b"%d\n" % (n * number % 7) for n in range(lines))
            stream += b"M 644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content)
    marks = repo.path / "marks"
    repo.git("fast-import", "--quiet", "--force", f"--export-marks={marks}", stdin=stream)
    named = (line.split() for line in marks.read_text().splitlines())
    return [oid for _, oid in sorted((int(mark[1:]), oid) for mark, oid in named)]


def _live(opened: Repository, heads: list[str], exclude: list[str], limit: int) -> list[Change]:
    reading = opened.start_reading(heads, exclude, limit=limit)
    commits = {commit.sha: commit for commit in reading.commits()}
    return [change_of(h, commits, (), branch="b", pushed_at=1, limit=limit) for h in heads]


QUICK = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(plans(), st.data())
def test_live_and_bulk_agree(repo: Repo, plan: Plan, data: st.DataObject) -> None:
    """Each build's change, read as a push would be, is the one that bulk reading makes of it."""
    oids = _build(repo, plan)
    heads = data.draw(st.lists(st.sampled_from(oids), min_size=1, max_size=5))
    limit = data.draw(st.sampled_from([1, 2, 3, MAX_COMMITS]))
    opened = Repository.open(str(repo.path), env=clean_environment())
    commits = {commit.sha: commit for commit in opened.read_commits(oids)}
    assert set(commits) == set(oids)
    walker = Walker(commits, limit)
    first: dict[str, Change] = {}
    for number, head in enumerate(heads):
        bulk = walker.change(head, branch="b", pushed_at=1)
        if number == 0:
            assert bulk.commits == (commits[head],)
        elif head not in first:
            assert _live(opened, [head], heads[:number], limit) == [bulk]
        assert first.setdefault(head, bulk) == bulk


@QUICK
@given(plans(), st.data())
def test_heads_read_together_are_the_same_as_alone(repo: Repo, plan: Plan, data: st.DataObject) -> None:
    """One git for a push of many refs gives each ref what a git of its own would."""
    oids = _build(repo, plan)
    heads = data.draw(st.lists(st.sampled_from(oids), min_size=1, max_size=3, unique=True))
    exclude = data.draw(st.lists(st.sampled_from(oids), max_size=2))
    limit = data.draw(st.sampled_from([1, 2, 3, MAX_COMMITS]))
    opened = Repository.open(str(repo.path), env=clean_environment())
    together = _live(opened, heads, exclude, limit)
    assert together == [_live(opened, [head], exclude, limit)[0] for head in heads]


@pytest.mark.slow
@pytest.mark.skipif("CIGATE_TEST_REPOS" not in os.environ, reason="CIGATE_TEST_REPOS is not set")
def test_live_and_bulk_agree_on_real_history() -> None:
    """The same holds along the last first parents of bare repositories in CIGATE_TEST_REPOS."""
    folders = sorted(Path(os.environ["CIGATE_TEST_REPOS"]).iterdir())
    assert folders
    for folder in folders[:3]:
        _check_real(folder)


def _check_real(folder: Path) -> None:
    bulk = Repository.open(str(folder))
    commits = {commit.sha: commit for commit in bulk.read_commits(all_refs=True)}
    chain = [bulk.resolve("HEAD")]
    while len(chain) < 120 and commits[chain[-1]].parents:
        chain.append(commits[chain[-1]].parents[0])
    heads = chain[::-1][::7]
    walker = Walker(commits)
    live = Repository.open(str(folder))
    for number, head in enumerate(heads):
        learned = walker.change(head, branch="b", pushed_at=1)
        if number:
            assert _live(live, [head], heads[:number], MAX_COMMITS) == [learned]
