"""Each CI's environment, as its own documentation describes it, gives one Run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cigate.providers import PROVIDERS, Run, find_provider, read_run

GOLDEN = json.loads((Path(__file__).parent / "golden" / "providers.json").read_text("utf-8"))


def as_plain(run: Run | None) -> dict[str, Any]:
    assert run is not None
    return {name: getattr(run, name) for name in Run.__slots__}


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["what"])
def test_golden_environments(case: dict[str, Any], tmp_path: Path) -> None:
    """Commit, base, branch, run, attempt, workflow, job, address and start are found."""
    env = dict(case["env"])
    if "event" in case:
        path = tmp_path / "event.json"
        path.write_text(json.dumps(case["event"]))
        os.utime(path, (1_700_000_000, 1_700_000_000))
        env["GITHUB_EVENT_PATH"] = str(path)
    assert as_plain(read_run(env)) == as_plain(Run("")) | case["run"]


def test_every_provider_has_a_golden_environment() -> None:
    """Nobody adds a CI without showing what it says."""
    assert {case["run"]["provider"] for case in GOLDEN} == set(PROVIDERS)


@pytest.mark.parametrize("name", PROVIDERS)
def test_mark_alone_is_enough(name: str) -> None:
    """A CI that sets nothing but its mark is known, and nothing is made up."""
    provider = PROVIDERS[name]
    env = {provider.MARK: "true"}
    assert find_provider(env) is provider
    assert as_plain(read_run(env)) == as_plain(Run(name)) | (
        {"workflow": "true"} if name == "buildbot" else {}
    )
    assert provider.DEEPER
    assert name == provider.NAME


def test_no_ci() -> None:
    """A laptop is no CI."""
    assert read_run({"HOME": "/root", "CI": ""}) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"pull_request": 7, "before": null}', "[" * 100_000], ids=range(5)
)
def test_event_that_cannot_be_read_counts_as_empty(text: str, tmp_path: Path) -> None:
    """The variables alone still say most; garbage never ends in a traceback."""
    path = tmp_path / "event.json"
    path.write_text(text)
    env = {"GITHUB_ACTIONS": "true", "GITHUB_SHA": "a" * 40, "GITHUB_EVENT_PATH": str(path)}
    run = read_run(env)
    assert run is not None
    assert (run.head, run.base) == ("a" * 40, "")
    gone = read_run(env | {"GITHUB_EVENT_PATH": str(tmp_path / "gone")})
    assert gone is not None
    assert gone.started_at == 0


@pytest.mark.parametrize("attempt", ["", "0", "-1", "x", "²", str(2**40)])
def test_attempt_that_is_no_number_is_the_first(attempt: str) -> None:
    """What a store could not hold is not taken over."""
    run = read_run({"GITHUB_ACTIONS": "true", "GITHUB_RUN_ATTEMPT": attempt})
    assert run is not None
    assert run.attempt == 1
