"""Java that imports a class of the project's own which is nowhere is told; what may be made is not."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest

from cigate import missing
from cigate.broken import IMPORT, Broken
from cigate.git import Repository
from cigate.signals import Look
from cigate.walk import change_of
from tests.judged import Judged, run_cigate
from tests.repo import Repo

MAIN, TEST = "src/main/java/org/shop", "src/test/java/org/shop"
SPAN_S = 60.0


def java(package: str, *imports: str) -> str:
    lines = [f"package {package};", *(f"import {name};" for name in imports), "class X { }", ""]
    return "\n".join(lines)


@pytest.fixture(params=["sha1", "sha256"])
def repo(request: pytest.FixtureRequest, tmp_path: Path) -> Repo:
    made = Repo.init(tmp_path / "work", object_format=request.param)
    made.commit(
        {
            f"{MAIN}/core/Order.java": java("org.shop.core"),
            f"{MAIN}/core/Made.java.in": "",
            f"{MAIN}/web/Page.java": java("org.shop.web", "org.shop.core.Order", "org.shop.core.Parser"),
        }
    )
    made.branch("base")
    return made


def look(repo: Repo, base: str = "base", thorough: bool = True) -> tuple[tuple[Broken, ...], str]:
    """Look, as `cigate predict` does, into what main has and `base` has not."""
    opened = Repository.open(str(repo.path))
    oid = opened.resolve("main")
    commits = {c.sha: c for c in opened.read_commits([oid], [opened.resolve(base)] if base else [])}
    change = change_of(oid, commits, (), branch="main", pushed_at=repo.now)
    (found,), note = Look(opened, [change], thorough).signals(monotonic() + SPAN_S)
    return found, note


def test_a_class_that_was_not_committed_is_told_with_file_and_line(repo: Repo) -> None:
    path = f"{MAIN}/web/Cart.java"
    repo.commit({path: java("org.shop.web", "java.util.List", "org.shop.core.Money")})
    found, note = look(repo)
    assert found == (Broken(IMPORT, path, 3, "org.shop.core.Money"),)
    assert look(repo, thorough=False) == ((), "")  # a push does not wait for that
    assert found[0].text == f"{path}:3 imports org.shop.core.Money, which the tree does not have"
    assert not found[0].certain
    assert note == ""


def test_a_test_may_import_what_it_tests(repo: Repo) -> None:
    repo.commit(
        {
            f"{TEST}/web/CartTest.java": java("org.shop.web", "org.shop.core.Order", "org.shop.core.Money"),
            f"{TEST}/core/Other.java": java("org.shop.core"),
        }
    )
    found, _ = look(repo)
    assert [b.said for b in found] == ["org.shop.core.Money"]


@pytest.mark.parametrize(
    ("more", "importing"),
    [
        ({f"{MAIN}/core/Money.java": java("org.shop.core")}, "org.shop.core.Money"),
        ({f"{MAIN}/core/Money.kt": "class Money"}, "org.shop.core.Money"),
        ({"other/src/main/java/org/shop/core/Money.java": java("org.shop.core")}, "org.shop.core.Money"),
        ({}, "org.shop.core.Order.Line"),
        ({}, "org.shop.core.Parser"),  # another file imported it before: a build makes it
        ({}, "org.shop.core.R"),
        ({}, "org.elsewhere.Money"),  # no folder of that package: a library's
        ({}, "org.shop.core.*"),
    ],
)
def test_what_is_there_or_may_be_made_is_no_news(repo: Repo, more: dict[str, str], importing: str) -> None:
    repo.commit({f"{MAIN}/web/Cart.java": java("org.shop.web", importing), **more})
    assert look(repo) == ((), "")


def test_what_was_imported_before_and_what_is_mended_is_no_news(repo: Repo) -> None:
    repo.commit({f"{MAIN}/web/Page.java": java("org.shop.web", "org.shop.core.Parser") + "// more\n"})
    repo.commit({f"{MAIN}/web/Cart.java": java("org.shop.web", "org.shop.core.Money")})
    repo.commit({f"{MAIN}/core/Money.java": java("org.shop.core")})
    assert look(repo) == ((), "")


def test_without_a_commit_before_it_nothing_is_claimed(repo: Repo) -> None:
    """What the first push of a project imports may all be made by its build."""
    repo.commit({f"{MAIN}/web/Cart.java": java("org.shop.web", "org.shop.core.Money")})
    assert look(repo, base="") == ((), "")


def test_only_a_few_are_looked_for_in_the_whole_tree(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing, "MOST_DOUBTED", 2)
    names = [f"org.shop.core.Money{number}" for number in range(5)]
    repo.commit({f"{MAIN}/web/Cart.java": java("org.shop.web", *names)})
    assert [b.said for b in look(repo)[0]] == names[:2]


def test_a_pipeline_is_warned_about_it_and_never_stopped_for_it(tmp_path: Path) -> None:
    """A class that only a build makes may be imported for the first time, and rightly."""
    judged = Judged.make(tmp_path)
    judged.work.commit({f"{MAIN}/core/Order.java": java("org.shop.core")})
    judged.push("main")
    judged.work.commit({f"{MAIN}/web/Cart.java": java("org.shop.web", "org.shop.core.Money")})
    blocking = {"CIGATE_HARD_SIGNALS": "block", "CIGATE_MODE": "block", "CIGATE_CI_MODE": "block"}
    told = run_cigate("predict", cwd=judged.work.path, env=blocking)
    assert told.returncode == 0
    assert "imports org.shop.core.Money, which the tree does not have" in told.stdout
