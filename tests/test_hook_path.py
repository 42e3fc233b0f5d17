"""Why the hook is fast, as causes: what a real push imports, starts, opens and reads."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.judged import HARMLESS, RISKY, Judged
from tests.test_layers import HEAVY, SLOW_TO_START

WATCH = Path(__file__).with_name("watch.py")
SLOW = HEAVY | SLOW_TO_START | {"tomllib", "configparser", "difflib", "inspect", "tempfile", "shutil", "glob"}
WORDS = {f"cigate.{name}" for name in ("reasons", "themes", "track", "skipping", "stories")}
WORDS |= {"cigate.counterfactual", "cigate.failures"}
WITHOUT_A_PUSH = {
    "array",
    "ctypes",
    "hashlib",
    "cigate.git",
    "cigate.features",
    "cigate.history",
    "cigate.model",
}


class Seen:
    """What one run of the hook did."""

    def __init__(self, text: str, said: str) -> None:
        facts = ast.literal_eval(text)
        self.modules: set[str] = set(facts["modules"])
        self.opened: list[str] = facts["opened"]
        self.started: list[str] = facts["started"]
        self.read: int = facts["read"]
        self.flags: list[str] = facts["flags"]
        self.said = said


class Watched:
    """A repository whose installed hook runs under watch."""

    def __init__(self, folder: Path) -> None:
        self.judged = Judged.make(folder)
        self.report = folder / "report"
        python = folder / "python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {WATCH} {self.report} "$@"\n')
        python.chmod(0o755)
        hook = self.judged.work.path / ".git" / "hooks" / "pre-push"
        text = hook.read_text()
        assert text.count(f"PYTHON='{sys.executable}'") == 1
        hook.write_text(text.replace(f"PYTHON='{sys.executable}'", f"PYTHON='{python}'"))

    def push(self, *refspecs: str, env: Mapping[str, str] | None = None) -> Seen:
        """Push for real and return what the hook did."""
        self.report.unlink(missing_ok=True)
        code, said = self.judged.push(*refspecs, env=env)
        assert code == 0, said
        return Seen(self.report.read_text(), said)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_push_imports_nothing_slow(watched: Watched) -> None:
    watched.judged.work.commit(HARMLESS)
    seen = watched.push("main")
    assert "looks fine" in seen.said
    assert seen.flags[:2] == ["-I", "-S"]
    assert not seen.modules & (SLOW | {"collections"})
    assert not {name for name in seen.modules if name.startswith(("onnxruntime", "numpy", "cigate_train"))}


def test_a_push_that_passes_loads_no_words_of_warning(watched: Watched) -> None:
    watched.judged.work.commit(HARMLESS)
    assert not watched.push("main").modules & WORDS
    watched.judged.work.commit(RISKY)
    seen = watched.push("main")
    assert "likely to break CI" in seen.said
    assert seen.modules >= WORDS
    assert not seen.modules & (SLOW | {"collections"})


def test_a_push_starts_one_git_and_another_where_files_are_looked_into(watched: Watched) -> None:
    """However many there are."""
    for number in range(20):
        watched.judged.work.commit({f"src/f{number}.py": "x\n"})
    (only,) = watched.push("main").started
    assert "'log'" in only
    for number in range(20):
        watched.judged.work.commit({f"src/f{number}/package.json": "{}\n"})
    started = watched.push("main").started
    assert [any(word in args for args in started) for word in ("'log'", "'cat-file'")] == [True, True]
    assert len(started) == 2


def test_a_parser_is_loaded_for_the_file_that_needs_it_alone(watched: Watched) -> None:
    watched.judged.work.commit({"src/a.rb": "x\n", "src/a.json": "{", "src/a.toml": "="})
    parsers = {"json", "tomllib", "configparser", "xml.parsers.expat", "pyexpat"}
    assert not watched.push("main").modules & parsers
    watched.judged.work.commit({"package.json": "{}"})
    assert watched.push("main").modules & parsers == {"json"}


def test_git_is_at_work_before_the_model_is_opened(watched: Watched) -> None:
    """What is slow to load must be loaded while git works, not before."""
    watched.judged.work.commit(HARMLESS)
    seen = watched.push("main")
    loaded = [re.sub(r"\.cpython.*", "", os.path.basename(path)) for path in seen.opened]
    assert loaded.index("process") < loaded.index("judging") < loaded.index("model.onnx")


def test_a_push_opens_the_bundle_once_and_nothing_of_training(watched: Watched) -> None:
    watched.judged.work.commit(HARMLESS)
    seen = watched.push("main")
    state = watched.judged.state / "model"
    bundle = [path for path in seen.opened if os.path.dirname(path) == str(state)]
    assert sorted(map(os.path.basename, bundle)) == ["history.bin", "manifest.json", "model.onnx"]
    assert not [path for path in seen.opened if "cigate_train" in path or "builds.sqlite" in path]
    assert not [path for path in seen.opened if path.endswith(".py") and "/cigate/" in path]


@pytest.mark.skipif(not os.path.exists("/proc/self/io"), reason="needs /proc/self/io")
def test_a_push_reads_little_more_than_its_bundle(watched: Watched) -> None:
    watched.judged.work.commit(HARMLESS)
    watched.push("main")
    watched.judged.work.commit(HARMLESS | {"b.md": "x\n"})
    seen = watched.push("main")
    bundle = sum(path.stat().st_size for path in (watched.judged.state / "model").iterdir())
    assert seen.read < bundle + 1_500_000  # modules: compiled, about 700 kB with the standard library's


def test_a_push_notes_its_judgement_and_reads_none(watched: Watched) -> None:
    """The ledger grows by one append; whoever grades it does so elsewhere. Thresholds are replaced."""
    for _ in range(2):
        watched.judged.work.commit(HARMLESS)
        opened = watched.push("main").opened
    state = [os.path.basename(path) for path in opened if os.path.dirname(path) == str(watched.judged.state)]
    temporary = next(name for name in state if name.startswith("thresholds.bin."))
    assert sorted(state) == ["author.key", "history.bin", "ledger.tsv", "thresholds.bin", temporary]


def test_a_deletion_is_let_through_without_git_model_or_features(watched: Watched) -> None:
    watched.judged.work.git("push", "-q", "--no-verify", "origin", "main:refs/heads/gone")
    seen = watched.push(":gone")
    assert seen.started == []
    assert not seen.modules & (WITHOUT_A_PUSH | SLOW)


@pytest.mark.parametrize("env", [{"CIGATE_BRANCHES": "release/*"}, {"CIGATE_MODE": "off"}])
def test_a_branch_that_is_not_covered_costs_no_more(watched: Watched, env: dict[str, str]) -> None:
    watched.judged.work.commit(HARMLESS)
    seen = watched.push("main", env=env)
    assert (seen.started, seen.said) == ([], "")
    assert not seen.modules & (WITHOUT_A_PUSH | SLOW)


def test_the_fallback_imports_onnxruntime_and_nothing_else_that_is_heavy(watched: Watched) -> None:
    watched.judged.work.commit(HARMLESS)
    seen = watched.push("main", env={"CIGATE_BACKEND": "python"})
    assert "onnxruntime" in seen.modules
    assert not seen.modules & (HEAVY - {"numpy", "onnxruntime"})


def test_many_refs_are_read_by_a_few_gits(watched: Watched) -> None:
    """Not by one for each ref: a push of 1,000 took half a minute that way."""
    work = watched.judged.work
    base = work.head()
    stream = "".join(
        f"commit refs/heads/topic/{n}\ncommitter a <a@example.invalid> {1_600_000_000 + n} +0000\ndata 1\nx\n"
        f"from {base}\nM 100644 inline f{n}.py\ndata 1\n{n % 10}\n\n"
        for n in range(250)
    )
    work.fast_import(stream.encode())
    seen = watched.push("refs/heads/topic/*:refs/heads/topic/*")
    assert "cigate  240 more look fine" in seen.said
    assert len(seen.started) <= 4
