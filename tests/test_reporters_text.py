"""The words of a judgement: short, checkable, silent with nothing to say, harmless to a terminal."""

from __future__ import annotations

import pytest

from cigate.broken import Broken
from cigate.judgement import Alike, Less, ModelFacts, Past, Story
from cigate.model import Thresholds
from cigate.policy import Verdict
from cigate.reasons import Reason
from cigate.reporters.line import not_judged
from cigate.reporters.text import date_text, limits_text, render
from tests.reports import MODEL, PASSED, SIGNALS, STORY, judgement, report

WARNED_TEXT = """\
cigate  main -> origin   likely to break CI: 62 %  (usual here: 9 %)             warned, not blocked
  why   pushes touching lib/parser/ fail 4 times in 10 (usual here: 1) · it changes CI files
  less  without setup.cfg: 18 % · like 4f2e1c0, failed on main 3 days ago: https://ci.example/7
  past  13 of the last 20 warnings here came true · model of 2023-11-14 · history 3 h old · 74 ms
"""
SAID = (
    Reason("pushes touching lib/parser/ fail 4 times in 10 (usual here: 1)", 0.18, "paths"),
    Reason("it changes CI files", 0.31, "kinds"),
    Reason("larger than 98 % of recent changes (40 files, +900/-12 lines)", 0.5, "size"),
)
WARNED = report(judgement(story=STORY, reasons=SAID), past=Past(20, 13))


def test_a_warning_says_how_likely_why_what_would_help_and_who_says_so() -> None:
    assert render(WARNED) == WARNED_TEXT


def test_a_warning_has_four_lines_at_most() -> None:
    """Whatever is known: a reason for which there is no room is left to `cigate explain`."""
    assert len(WARNED_TEXT.splitlines()) == 4
    long = Reason("x" * 120, 0.1, "size")
    text = render(report(judgement(story=STORY, reasons=(long, *SAID)), past=Past(20, 13)))
    assert len(text.splitlines()) == 4
    assert f"  why   {'x' * 120}\n" in text, "the strongest is never left out"
    everything = judgement("x" * 90, verdict=Verdict("block", "blocked"), story=STORY, complete=False)
    text = render(report(everything, past=Past(20, 13)))
    assert len(text.splitlines()) == 4
    assert "  so    blocked; git push --no-verify goes on all the same · judged by the newest 3 of" in text
    assert "13 of the last 20 warnings here came true" in text


def test_a_red_branch_is_not_told_twice() -> None:
    """The first line says it; only other reasons follow."""
    red = judgement(
        red_builds=3, reasons=(Reason("this branch has been red for 3 builds (2 h)", 0.1, "branch"), *SAID)
    )
    lines = render(report(red)).splitlines()
    assert "already red (3 builds, 2 h)" in lines[0]
    assert lines[1].startswith("  why   pushes touching lib/parser/")


def test_what_is_not_known_takes_no_line() -> None:
    bare = render(report(judgement(reasons=()))).splitlines()
    assert [line[:6] for line in bare] == ["cigate", "  why ", "  past"]
    assert bare[1] == "  why   no fact alone stands out; `cigate explain` tells what adds up"
    assert "  why" not in render(report(judgement(red_builds=2, reasons=())))
    only_like = render(report(judgement(story=Story(alike=STORY.alike))))
    assert "  like  4f2e1c0, failed on main 3 days ago: https://ci.example/7\n" in only_like
    assert STORY.alike
    nowhere = Story(less=Less("commit", "ab" * 20, 0.3), alike=Alike("c" * 40, "", STORY.alike.at, "", 0.3))
    assert "  less  without commit abababa: 30 % · like ccccccc, failed 3 days ago\n" in render(
        report(judgement(story=nowhere))
    )


def test_a_warning_fits_a_terminal_of_a_hundred_columns() -> None:
    assert len(WARNED_TEXT.splitlines()[0]) == 100 == max(map(len, WARNED_TEXT.splitlines()))


def test_likely_is_said_from_even_odds_on() -> None:
    """A push that stands out at 15 % will still most likely pass."""
    assert "   riskier than usual: 15 %  (usual here: 9 %)" in render(report(judgement(p_fail=0.15)))
    assert "   likely to break CI: 50 %" in render(report(judgement(p_fail=0.5)))
    red = judgement(p_fail=0.4, verdict=Verdict("warn", "", red=True), red_builds=3, reasons=())
    assert "this push may be too: 40 %" in render(report(red))


def test_a_pass_is_one_line_or_none_when_quiet() -> None:
    passed = report(judgement(p_fail=0.06, verdict=PASSED, reasons=()))
    assert render(passed) == "cigate  main -> origin   looks fine: 6 %  (usual here: 9 %) · 74 ms\n"
    assert render(passed, quiet=True) == ""


def test_quiet_never_hides_a_warning() -> None:
    assert render(WARNED, quiet=True) == WARNED_TEXT


def test_nothing_new_is_one_line_or_none_when_quiet() -> None:
    unchanged = report(unchanged=("main",))
    assert render(unchanged) == "cigate  main -> origin   nothing new to judge\n"
    assert render(unchanged, quiet=True) == ""


def test_a_red_branch_is_told_as_red() -> None:
    red = judgement(verdict=Verdict("warn", "the branch is red already", red=True), red_builds=3, reasons=())
    assert render(report(red)).splitlines()[0] == (
        "cigate  main -> origin   already red (3 builds, 2 h): this push most likely is too: 62 %"
    )
    mended = judgement(
        p_fail=0.1, verdict=Verdict("pass", "the branch is red already", red=True), red_builds=1, reasons=()
    )
    assert render(report(mended)).startswith(
        "cigate  main -> origin   the branch is red, but this looks fine: 10 %"
    )


def test_a_block_says_how_to_pass_all_the_same() -> None:
    blocked = judgement(verdict=Verdict("block", "blocked"))
    assert "  so    blocked; git push --no-verify goes on all the same · model of" in render(report(blocked))


def test_without_a_push_there_is_nothing_to_pass() -> None:
    text = render(report(judgement(verdict=Verdict("block", "blocked")), remote=""))
    assert text.splitlines()[0].endswith("   blocked")
    assert "--no-verify" not in text


def test_a_red_branch_is_told_since_which_commit() -> None:
    red = judgement(
        verdict=Verdict("warn", "", red=True), red_builds=3, reasons=(), story=Story(red_since="4f2e1c" * 7)
    )
    assert "   already red since 4f2e1c4 (3 builds, 2 h): this push" in render(report(red))


def test_several_refs_share_the_last_line_and_warnings_come_last() -> None:
    text = render(report(judgement(), judgement("side", 0.02, PASSED, ()), unchanged=("old",)))
    lines = text.splitlines()
    assert [line.split("   ")[0] for line in lines[:3]] == [
        "cigate  old -> origin",
        "cigate  side -> origin",
        "cigate  main -> origin",
    ]
    assert text.count("  past  ") == 1


def test_of_hundreds_of_refs_the_riskiest_are_told_and_the_others_counted() -> None:
    """A block is always told; what passes and what is warned about are counted apart."""
    refs = [judgement(name=f"warn{n}", p_fail=0.5 + n / 1000) for n in range(300)]
    refs += [judgement(name=f"fine{n}", p_fail=n / 1000, verdict=PASSED) for n in range(50)]
    refs += [judgement(name=f"block{n}", p_fail=0.4, verdict=Verdict("block", "blocked")) for n in range(12)]
    said = render(report(*refs, unchanged=tuple(f"old{n}" for n in range(20))))
    assert "cigate  300 more are warned about, none of them riskier than these:\n" in said
    assert "cigate  40 more look fine, none of them riskier than these\n" in said
    assert "cigate  10 more bring nothing new\n" in said
    assert all(f"block{n} " in said for n in range(12))
    assert "fine49 " in said
    assert "fine39 " not in said
    assert len(said.splitlines()) < 80
    few = render(report(*refs[:300]))
    assert "cigate  290 more are warned about" in few
    assert "warn299 " in few
    assert "warn289 " not in few
    assert " more are " not in render(report(*refs[:10]))


def test_a_cut_list_of_commits_is_admitted() -> None:
    cut = judgement(complete=False, commits=200)
    assert "  note  judged by the newest 200 of its commits · model of" in render(report(cut))
    passed = judgement(p_fail=0.0, verdict=PASSED, reasons=(), complete=False, commits=200)
    assert "judged by the newest 200 of its commits" in render(report(passed))


def test_notes_on_how_it_was_judged_are_shown() -> None:
    notes = ("pre-commit shows the first ref only",)
    assert "pre-commit shows the first ref only" in render(report(judgement(), notes=notes))
    passed = judgement(p_fail=0.0, verdict=PASSED, reasons=())
    assert "pre-commit shows the first ref only" in render(report(passed, notes=notes))


def test_the_starter_model_is_called_so() -> None:
    starter = ModelFacts(MODEL.model_id, MODEL.created_at, False, MODEL.where, MODEL.backend, starter=True)
    assert "  past  starter model of 2023-11-14" in render(report(judgement(), model=starter))


def test_a_synthetic_model_is_called_synthetic() -> None:
    synthetic = ModelFacts(MODEL.model_id, MODEL.created_at, True, MODEL.where, MODEL.backend)
    assert "  past  synthetic model of 2023-11-14" in render(report(judgement(), model=synthetic))


def test_colours_only_where_they_are_asked_for() -> None:
    assert "\x1b[" not in render(report(judgement()))
    painted = render(report(judgement()), color=True)
    assert "\x1b[33m" in painted
    assert painted.replace("\x1b[1m", "").replace("\x1b[33m", "").replace("\x1b[2m", "").replace(
        "\x1b[0m", ""
    ) == render(report(judgement()))


@pytest.mark.parametrize("color", [False, True])
def test_names_from_commits_cannot_drive_a_terminal(color: bool) -> None:
    evil = "x\x1b]0;title\x07\u202e\n::error::"
    story = Story(Less("file", evil, 0.1), Alike("c" * 40, evil, 0, evil, 0.3))
    told = judgement(evil, reasons=(Reason(evil, 0.1, "size"),), story=story)
    text = render(report(told, remote=evil), color=color)
    own = "".join(c for c in text if not c.isprintable() and c != "\n")
    assert own.replace("\x1b", "") == ""
    assert text.count("\n") == 4
    assert "\\x1b]0;title\\x07\\u202e\\x0a::error::" in text


def test_a_push_to_nowhere_in_particular_names_no_remote() -> None:
    assert render(report(judgement(), remote="")).startswith("cigate  main   likely")


def test_what_was_not_judged_is_one_line_with_its_next_step() -> None:
    assert not_judged("the history is empty", "`cigate import csv` fills it", "The push goes on.") == (
        "cigate  not judged: the history is empty; `cigate import csv` fills it.  The push goes on.\n"
    )
    assert not_judged("a\nb", "", "The push goes on.") == "cigate  not judged: a\\x0ab.  The push goes on.\n"


@pytest.mark.parametrize(
    ("at", "day"),
    [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (4_102_444_799, "2099-12-31")],
)
def test_days_are_utc(at: int, day: str) -> None:
    assert date_text(at) == day


def test_a_model_that_never_blocks_says_why() -> None:
    assert limits_text(Thresholds(0.3, 0.8, "")) == "warns from 30 %; blocks from 80 %"
    assert limits_text(Thresholds(0.3, None, "not earned")) == "warns from 30 %; never blocks: not earned"


def test_a_broken_file_is_named_first_and_is_no_word_of_the_model() -> None:
    """What the model says stands beside it as what it is."""
    flagged = Verdict("warn", "warned, not blocked", flagged=True)
    said = render(report(judgement(p_fail=0.04, verdict=flagged, reasons=(), signals=SIGNALS)))
    head, why, *_ = said.splitlines()
    assert "   a file in it cannot be right; else: 4 %  (usual here: 9 %)" in head
    assert "likely" not in said
    assert why == "  why   conflict markers in src/a_b.py:12 · a.json:3 is no JSON: Expecting value"


def test_a_broken_file_beside_a_warning_leaves_its_words() -> None:
    said = render(report(judgement(signals=SIGNALS))).splitlines()
    assert "likely to break CI: 62 %" in said[0]
    assert said[1].startswith("  why   conflict markers in src/a_b.py:12 · ")


def test_the_name_of_a_broken_file_cannot_drive_a_terminal() -> None:
    signal = Broken("conflict", "a\x1b[31m\n::error::b", 1)
    said = render(report(judgement(signals=(signal,))))
    assert "\x1b" not in said
    assert "\n::error" not in said
