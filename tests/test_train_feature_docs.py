"""docs/features.md is what the list says now, and its units are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.starter.signals import TITLES
from cigate.features import FEATURES, GROUPS, vector
from cigate.replay import replay
from cigate_train.feature_docs import TRIALS, features_page, main, measured_of, unit_of, write_page
from tests import builds as b
from tests import golden_features as golden

PAGE = Path(__file__).resolve().parent.parent / "docs" / "features.md"


def test_page_is_up_to_date() -> None:
    """`make docs`, or `python -m cigate_train.feature_docs docs/features.md`, would change nothing."""
    page = PAGE.read_text("utf-8")
    assert page == features_page(measured_of(page))


def test_page_names_every_feature_and_group_in_order() -> None:
    """With its version and its words."""
    page = features_page({})
    assert f"These are the {len(FEATURES)} numbers" in page
    places = [page.index(f"| `{f.name}` | {f.version} | {f.doc} | ") for f in FEATURES]
    assert places == sorted(places)
    titles = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert titles[-len(GROUPS) - 1 : -1] == [title for title, _ in GROUPS]
    assert titles[-1] == "What was tried, and what it was worth"


def test_tables_are_whole() -> None:
    """Every row has four cells, so that it is shown as one."""
    rows = [line for line in features_page({}).splitlines() if line.startswith("|")]
    assert all(line.count("|") == 5 for line in rows)
    assert len(rows) == len(FEATURES) + 2 * len(GROUPS) + len(TRIALS) + 2


def test_most_features_have_a_unit() -> None:
    """A doc that speaks in the usual phrases is enough."""
    without = [f.name for f in FEATURES if unit_of(f) is None]
    assert len(without) <= len(FEATURES) // 20


def test_values_lie_in_their_units() -> None:
    """From a project's first day on, and for strange pushes: nothing outside, -1 only where said."""
    rows = [row for _, row in replay(b.project(150))]
    rows += [vector(pushed, b.history_of(golden.records()[:known])) for known, pushed in golden.pushes()]
    rows += [vector(b.random_change(seed, b.AT), b.history_of([])) for seed in range(20)]
    for place, feature in enumerate(FEATURES):
        unit = unit_of(feature)
        if unit is None:
            continue
        values = {row[place] for row in rows}
        low = 0.0 if unit.low == -1 and _never_unknown(feature.doc, unit.text) else unit.low
        assert low <= min(values), feature.name
        assert max(values) <= unit.high, feature.name
        if unit.text == "0 or 1":
            assert values <= {-1.0, 0.0, 1.0}, feature.name


def _never_unknown(doc: str, unit: str) -> bool:
    return "-1" not in doc and unit not in ("-1 to 1", "difference of rates")


def test_program_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Into the file that is named; without one it says how it is called."""
    assert main([str(tmp_path / "page.md")]) == 0
    assert (tmp_path / "page.md").read_text("utf-8") == features_page({})
    assert main([]) == 2
    assert "usage: " in capsys.readouterr().err


def test_what_was_measured_is_kept_and_replaced_by_its_name(tmp_path: Path) -> None:
    """`make docs` loses no figure, and a command that measures changes its own part only."""
    page = tmp_path / "page.md"
    write_page(page, {"ablation": "## A\n\none\n", "signals": "## B\n"})
    assert main([str(page)]) == 0
    assert measured_of(page.read_text("utf-8")) == {"ablation": "## A\n\none\n", "signals": "## B\n"}
    write_page(page, {"ablation": "two\n"})
    assert measured_of(page.read_text("utf-8")) == {"ablation": "two\n", "signals": "## B\n"}


def test_the_committed_page_tells_how_often_pushes_broke_a_file() -> None:
    """With real builds behind every row: none is left empty by a change of the list."""
    told = measured_of(PAGE.read_text("utf-8"))["signals"]
    builds, projects = (int(n.replace(",", "")) for n in re.findall(r"([\d,]+) (?:builds of|projects)", told))
    assert builds > 50_000
    assert projects >= 40
    assert all(title in told for title in TITLES.values())
