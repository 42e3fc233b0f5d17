"""The riskiest files are those without which the model itself expects less: nothing is made up."""

from __future__ import annotations

from cigate.features import Moment, vector_of
from cigate.history import History
from cigate.model import open_predictor
from cigate.riskiest import MOST_SHOWN, riskiest_files
from tests.builds import AT, DAY_S, change, commit, history_of, project
from tests.judged import wary_bundle

CI_FILE = ".github/workflows/ci.yml"


def scored(files: dict[str, tuple[int | None, int | None]], history: History) -> float:
    pushed = change(files, at=AT + DAY_S, head="f" * 40)
    moment = Moment(pushed, history, pushed.pushed_at)
    return open_predictor(wary_bundle()).score([vector_of(moment)])[0]


def test_the_figure_is_the_score_of_the_change_without_the_file() -> None:
    """Leaving the file out by hand gives the same probability."""
    history = history_of(project(60))
    files: dict[str, tuple[int | None, int | None]] = {
        CI_FILE: (3, 1),
        "src/m0/f1.py": (10, 0),
        "README.md": (1, 1),
    }
    pushed = change(files, at=AT + DAY_S, head="f" * 40)
    p_fail = scored(files, history)
    (found,) = riskiest_files(pushed, history, p_fail, open_predictor(wary_bundle()))
    assert (found.path, found.added, found.deleted) == (CI_FILE, 3, 1)
    assert p_fail > 0.9
    assert found.p_without == scored(
        {path: lines for path, lines in files.items() if path != CI_FILE}, history
    )


def test_files_that_do_not_raise_the_risk_are_left_out() -> None:
    pushed = change({"a.py": (1, 0), "b.py": (2, 0)}, at=AT + DAY_S)
    history = history_of(project(60))
    p_fail = scored({"a.py": (1, 0), "b.py": (2, 0)}, history)
    found = riskiest_files(pushed, history, p_fail, open_predictor(wary_bundle()))
    assert all(file.p_without is not None and file.p_without < p_fail for file in found)
    assert len(found) < 2


def test_a_change_of_one_file_names_it_without_a_figure() -> None:
    """Without it there would be no change, and so nothing to say of its risk."""
    pushed = change({"src/m0/f1.py": (4, 2)}, at=AT + DAY_S)
    (found,) = riskiest_files(pushed, history_of(project(60)), 0.9, open_predictor(wary_bundle()))
    assert (found.path, found.p_without) == ("src/m0/f1.py", None)


def test_a_change_without_files_names_none() -> None:
    pushed = change({}, at=AT + DAY_S)
    assert riskiest_files(pushed, history_of(project(60)), 0.9, open_predictor(wary_bundle())) == ()


class Rising:
    """A scorer by whom every file counts the same."""

    def score(self, rows: object) -> list[float]:
        return [0.5 for _ in rows]  # type: ignore[attr-defined]


def test_at_most_some_are_shown_and_commits_add_up() -> None:
    """A file of several commits is one line, with the lines of all."""
    many = commit({f"f{n}.py": (n, 0) for n in range(12)}, id="1" * 40)
    again = commit({"f3.py": (40, 5)}, id="2" * 40)
    found = riskiest_files(change(commits=[again, many]), History(), 0.9, Rising())
    assert len(found) == MOST_SHOWN
    assert all(file.rate is None for file in found)
    both = riskiest_files(
        change(commits=[again, commit({"f3.py": (3, 0), "x": (0, 0)}, id="3" * 40)]), History(), 0.9, Rising()
    )
    assert [(file.path, file.added, file.deleted) for file in both] == [("f3.py", 43, 5), ("x", 0, 0)]


def test_the_rate_is_that_of_the_builds_that_touched_it() -> None:
    """A file that was in every failure stands above one that was in none."""
    history = history_of(project(200))
    found = riskiest_files(
        change({".travis.yml": (1, 0), "src/m5/f1.py": (1, 0), "src/m0/f1.py": (1, 0)}, at=AT + 9 * DAY_S),
        history,
        0.9,
        Rising(),
    )
    rates = {file.path: file.rate for file in found}
    assert rates[".travis.yml"] is not None
    assert rates[".travis.yml"] > history.project.usual_rate()
