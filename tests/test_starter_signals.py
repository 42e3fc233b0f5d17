"""How often pushes broke a file is counted by the look of a push, on real commits, as of each push."""

from __future__ import annotations

from pathlib import Path

from benchmarks.starter.signals import Tally, count, main, render
from cigate.change import BuildRecord, Commit
from cigate.git import Repository
from cigate.walk import change_of
from tests.repo import Repo

MARKED = "<<<<<<< a\n=======\n>>>>>>> b\n"
PUSHES = (
    ({"a.rb": "x\n", "package.json": "{}\n"}, "passed"),
    ({"a.rb": MARKED}, "failed"),
    ({"b.rb": "y\n"}, "failed"),
    ({"a.rb": "x\n"}, "passed"),
    ({"package.json": "{"}, "passed"),
    ({"c.rb": "z\n"}, "canceled"),
)


def records(repo: Repo) -> list[BuildRecord]:
    """Commit PUSHES one by one, each built before the next."""
    made: list[BuildRecord] = []
    known: dict[str, Commit] = {}
    for number, (files, outcome) in enumerate(PUSHES):
        head = repo.commit(files)
        opened = Repository.open(str(repo.path))
        before = list(known)
        new = {c.sha: c for c in opened.read_commits([head], before)}
        change = change_of(head, new, (), branch="main", pushed_at=repo.now)
        known |= new
        made.append(BuildRecord(str(number), change, outcome, repo.now + 1, repo.now + 30))
    return made


def test_a_build_counts_where_its_own_push_broke_the_file(tmp_path: Path) -> None:
    """Not the build after it, which is on a red branch; what has no outcome counts nowhere."""
    repo = Repo.init(tmp_path / "work")
    builds = records(repo)
    tally = Tally()
    count(tally, Repository.open(str(repo.path)), builds)
    assert sum(tally.builds["", green] for green in (True, False)) == 5
    assert tally.builds["", True] == 2
    assert tally.shown("conflict", green_only=True) == "1 | 1 (100 %)"
    assert tally.shown("json", green_only=False) == "1 | 0 (0 %)"
    assert tally.shown("xml", green_only=False) == "0 | -"
    assert "| conflict markers left in a file | 1 | 1 (100 %) | 1 | 1 (100 %) |" in render(tally, 1)


def test_the_command_names_what_is_missing_and_writes_nothing(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    (tmp_path / "empty").mkdir()
    arguments = [f"--{name}={tmp_path}/empty" for name in ("repos", "labels", "work")]
    assert main([*arguments, f"--page={page}"]) == 2
    assert not page.exists()
