"""What would lower the risk is true: whoever pushes without it gets exactly that probability."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given

from cigate.change import BuildRecord, Change
from cigate.counterfactual import LEAST_DROP, alternatives, lessen, without_commit, without_file
from cigate.features import FEATURES, vector
from cigate.git import Repository
from cigate.history import History
from cigate.judgement import Less
from cigate.model import open_predictor
from cigate.walk import change_of
from tests import builds as b
from tests.judged import past, wary_bundle
from tests.repo import Repo
from tests.test_reasons import RECORDS, Weighted, learned

NAMES = [feature.name for feature in FEATURES]
LATER = b.AT + 2 * b.DAY_S
CI = ".travis.yml"


def change(*files: dict[str, tuple[int, int]]) -> Change:
    """Return a push of one commit for each of `files`, newest first."""
    commits = [b.commit(given, at=LATER - n, id=f"{n + 1:040x}") for n, given in enumerate(files)]
    return b.change(commits=commits, at=LATER)


def test_the_file_to_blame_is_named() -> None:
    scorer = Weighted(ci_files=3.0, files=0.01)
    pushed = change({CI: (1, 1), "a.py": (900, 1), "b.py": (1, 1)})
    (p,) = scorer.score([vector(pushed, History())])
    less = lessen(pushed, History(), p, scorer)
    assert less
    assert (less.kind, less.what) == ("file", CI)
    assert less.p_without < p - LEAST_DROP
    assert scorer.asked == 2, "all that could be left out is scored in one batch"


def test_the_commit_to_blame_is_named() -> None:
    """Where it takes several files at once."""
    pushed = change({"a.md": (1, 1)}, {f"d{n}/x.py": (1, 1) for n in range(30)})
    scorer = Weighted(files=1.0)
    (p,) = scorer.score([vector(pushed, History())])
    less = lessen(pushed, History(), p, scorer)
    assert less
    assert (less.kind, less.what) == ("commit", pushed.commits[1].sha)


def test_what_helps_little_is_not_said() -> None:
    scorer = Weighted(files=0.01)
    pushed = change({"a.py": (1, 1), "b.py": (1, 1)})
    (p,) = scorer.score([vector(pushed, History())])
    assert lessen(pushed, History(), p, scorer) is None


def test_the_more_files_the_fewer_are_tried() -> None:
    """A push waits for each; those that steer the build come first."""
    rows: list[int] = []

    class Counting(Weighted):
        def score(self, given: Sequence[array[float]]) -> list[float]:
            rows.append(len(given))
            return super().score(given)

    scorer = Counting(ci_files=3.0)
    for files in (100, 400, 5000):
        pushed = change({f"{n}.py": (1, 1) for n in range(files)} | {CI: (1, 1)}, {"b.py": (1, 1)})
        less = lessen(pushed, History(), 1.0, scorer)
        assert less
        assert less.what == CI
    assert rows == [14, 8, 2]


def test_what_would_leave_nothing_is_no_alternative() -> None:
    """Not to push at all lowers the risk best."""
    pushed = change({CI: (1, 1)})
    assert without_file(pushed, CI) is None
    assert alternatives(pushed, History(), Weighted(ci_files=3.0), 9, 9) == []


def test_a_commit_of_nothing_else_goes_with_its_file() -> None:
    pushed = change({CI: (1, 1)}, {"a.py": (1, 1), CI: (2, 2)})
    rest = without_file(pushed, CI)
    assert rest
    assert [[f.path for f in c.files] for c in rest.commits] == [["a.py"]]
    assert rest.head == pushed.commits[1].sha


def test_without_the_newest_commit_the_next_is_the_head() -> None:
    pushed = change({"a": (1, 1)}, {"b": (1, 1)})
    assert without_commit(pushed, pushed.head).head == pushed.commits[1].sha
    assert without_commit(pushed, pushed.commits[1].sha).head == pushed.head


@given(b.changes(), b.histories(most=6))
@b.examples(60)
def test_any_change_can_be_lessened(pushed: Change, records: list[BuildRecord]) -> None:
    """Every answer is the model's own on the change that it describes, lowest first."""
    history, scorer = b.history_of(records), Weighted(ci_files=1.0, files=0.5, merges=0.1)
    found = alternatives(pushed, history, scorer, 99, 99)
    assert [less.p_without for less in found] == sorted(less.p_without for less in found)
    for less in found:
        rest = (without_file if less.kind == "file" else without_commit)(pushed, less.what)
        assert rest
        assert scorer.score([vector(rest, history)]) == [less.p_without]
        assert less.what not in {f.path for f in rest.files()} | {c.sha for c in rest.commits}


@pytest.mark.parametrize("number", range(300, 500, 40))
def test_a_forest_says_the_same_of_the_push_that_really_lacks_it(number: int) -> None:
    predictor, _, replayed = learned()
    record, _ = replayed[number]
    history = b.history_of([r for r in RECORDS if r.finished_at < record.change.pushed_at])
    for less in alternatives(record.change, history, predictor, 5, 5):
        rest = without_file(record.change, less.what)
        assert rest
        assert predictor.score([vector(rest, history)]) == [pytest.approx(less.p_without, abs=1e-6)]


def read(repo: Repo, base: str, at: int) -> Change:
    opened = Repository.open(str(repo.path))
    commits = list(opened.read_commits([repo.head()], [base]))
    return change_of(repo.head(), {c.sha: c for c in commits}, (), branch="main", pushed_at=at)


def test_the_stated_probability_is_that_of_the_real_push_without_the_file(tmp_path: Path) -> None:
    """With real git: the file is taken out, committed at the same time, and judged anew."""
    bundle, history = wary_bundle(), History.open(past())
    predictor = open_predictor(bundle)
    files: dict[str, str | bytes | None] = {".github/workflows/ci.yml": "on: push\n", "a.py": "x\n"}
    repos = [Repo.init(tmp_path / name) for name in ("with", "without")]
    bases = [repo.commit({"base": "x\n"}) for repo in repos]
    repos[0].commit(files)
    del files[".github/workflows/ci.yml"]
    repos[1].commit(files)
    pushed, rest = (read(repo, base, repo.now) for repo, base in zip(repos, bases, strict=True))
    p, p_without = predictor.score([vector(pushed, history), vector(rest, history)])
    assert lessen(pushed, history, p, predictor) == Less("file", ".github/workflows/ci.yml", p_without)
    assert p > p_without + LEAST_DROP
