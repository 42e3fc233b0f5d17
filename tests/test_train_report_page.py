"""The HTML report: whole, the same bytes for the same builds, and nothing in it that is not words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from cigate.change import BuildRecord, Change, Commit, FileChange
from cigate.features import FEATURES
from cigate.model import read_bundle
from cigate.places import starter_dir
from cigate_train import report_html as html
from cigate_train.backtest import Backtest, backtest
from cigate_train.importance import importances
from cigate_train.judges import BundleJudge, OwnJudge
from cigate_train.report_page import Report, render_page
from cigate_train.report_paths import riskiest_paths
from tests.judged import wary_bundle
from tests.train_data import make_records

pytest.importorskip("matplotlib", reason="matplotlib is not installed: make env")
EVIL = '</title><script>alert(1)</script><img src="https://example.invalid/x">&\x1b[31m'
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """What stands in a page; complains about an element that is not closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def made_of(records: list[BuildRecord]) -> Backtest:
    return backtest(records, [feature.name for feature in FEATURES], OwnJudge(0))


def report_of(records: list[BuildRecord], name: str = "work", made: Backtest | None = None) -> Report:
    made = made or made_of(records)
    bundle = read_bundle(starter_dir())
    rows = made.timeline.fresh.rows[made.where]
    found = importances(bundle, rows, made.failed)
    return Report(name, made, bundle.manifest, found, riskiest_paths(records), [("warnings", "12 of 20")])


@pytest.fixture(scope="module")
def records() -> list[BuildRecord]:
    return make_records(300)


@pytest.fixture(scope="module")
def page(records: list[BuildRecord]) -> str:
    return render_page(report_of(records))


def test_the_same_builds_give_the_same_bytes(records: list[BuildRecord], page: str) -> None:
    assert render_page(report_of(records)) == page


def test_every_part_is_there(page: str) -> None:
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert headings == [
        "Failures over time",
        "Minutes that could be saved",
        "Precision and recall",
        "Promised and seen",
        "What a threshold costs",
        "What the model looks at",
        "Riskiest paths",
        "Scorecard",
        "All figures",
        "Green branches alone",
        "Model card",
    ]


def test_the_page_is_well_formed_and_ids_are_its_own(page: str) -> None:
    made = Page(page)
    ids = [attributes["id"] for _, attributes in made.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [a["aria-labelledby"] for _, a in made.elements if "aria-labelledby" in a]
    assert {name for names in named for name in names.split()} <= set(ids)
    used = re.findall(r'(?:href="#|url\(#)([^")]+)', page)
    assert set(used) <= set(ids)


def test_nothing_comes_from_elsewhere_and_nothing_runs(page: str) -> None:
    """No element that fetches, no handler, and a policy that would forbid both."""
    made = Page(page)
    assert not {tag for tag, _ in made.elements} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "form",
        "base",
    }
    for _, attributes in made.elements:
        assert not {name for name in attributes if name.startswith("on")} | (
            {"src", "action"} & set(attributes)
        )
        assert all(v.startswith("#") for k, v in attributes.items() if k in ("href", "xlink:href"))
    assert "@import" not in page
    assert not re.findall(r"url\((?!#)", page)
    (policy,) = [a["content"] for a in made.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")


def test_each_plot_has_a_name_a_description_and_a_table(page: str) -> None:
    plots = re.findall(r"<figure>\n(<svg .*?</svg>)\n</figure>", page, re.S)
    assert len(plots) == 6
    for plot in plots:
        root = ET.fromstring(plot)  # well-formed as XML too
        assert root.get("role") == "img"
        names = root.get("aria-labelledby", "").split()
        words = {e.get("id"): e.text or "" for e in root if e.tag.endswith(("}title", "}desc"))}
        assert list(words) == names
        assert all(len(text) > 10 for text in words.values())
    made = Page(page)
    assert len(made.all("table")) >= len(plots) + 2
    assert len(made.all("caption")) == len(made.all("table"))
    assert all(a.get("scope") in ("row", "col") for a in made.all("th"))


def test_colours_are_the_page_s_own(page: str) -> None:
    """A colour written into a plot would be wrong in the other scheme."""
    body = page.split("</style>", 1)[1]
    assert set(re.findall(r"#[0-9a-f]{6}\b", body)) <= {"#000000"}, "none but what matplotlib clips with"
    for role in ("model", "rule", "echo", "fail", "ink", "muted", "faint"):
        assert f"var(--{role})" in body
        assert page.count(f"--{role}: #") == 2, "light and dark"


def test_words_of_a_repository_are_only_words(records: list[BuildRecord]) -> None:
    """Names of folders and files of a repository can be anything."""
    path = EVIL + "/a.py"

    def evil(record: BuildRecord) -> BuildRecord:
        c = record.change
        files = (FileChange(path, 1, 0),) if record.failed else c.commits[0].files
        k = c.commits[0]
        commit = Commit(k.sha, k.parents, k.author, k.authored_at, k.committed_at, EVIL, files)
        change = Change(c.head, c.base, c.branch, c.author, c.pushed_at, (commit,))
        r = record
        return BuildRecord(r.id, change, r.outcome, r.started_at, r.finished_at, r.provider, r.workflow)

    changed = [evil(record) for record in records]
    page = render_page(report_of(changed, EVIL))
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;alert(1)" in page
    Page(page)


def test_no_author_is_in_the_page(records: list[BuildRecord], page: str) -> None:
    assert not any(record.change.author in page for record in records)


def test_a_model_that_came_ready_and_is_younger_is_said(records: list[BuildRecord]) -> None:
    bundle = wary_bundle()
    made = backtest(records, [feature.name for feature in FEATURES], BundleJudge("wary-1", bundle))
    page = render_page(report_of(records, made=made))
    assert "the model wary-1 as it is" in page
    assert "judged too kindly here" in page


def test_made_up_builds_are_called_so() -> None:
    page = render_page(report_of(make_records(200, provider="synthetic")))
    assert "This says nothing of real ones." in page


def test_a_table_s_second_line_and_its_words_are_escaped() -> None:
    made = html.table("a<b", ("x", "y"), [("<1>", ("2", "<3>"))])
    assert "&lt;1&gt;" in made
    assert "<small>&lt;3&gt;</small>" in made
    assert 'aria-label="a&lt;b"' in made
