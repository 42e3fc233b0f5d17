"""What `cigate init` would do in a work tree: the files to write, the hook, the manager to start.

Makes the plan and carries it out, the plan being all that it does. Must not ask anybody anything.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Final

from cigate import install
from cigate.actions import workflow_edit
from cigate.change import Fact
from cigate.child import run_child
from cigate.edits import Edit, read_text, write_edit
from cigate.errors import InstallError
from cigate.git import Repository
from cigate.managers import Manager, find_manager, names_cigate, wrote
from cigate.places import store_path
from cigate.surroundings import GITHUB, Pipeline, find_pipelines, find_test_command

# CI servers that can be asked for the past, and what `cigate backfill` calls them.
FORGES: Final = {GITHUB: "github", "GitLab CI": "gitlab", "Jenkins": "jenkins URL"}


class ByHand(Fact):
    """Lines that a person must add, because no place for them in `file` is sure; and why."""

    __slots__ = ("file", "snippet", "why")

    def __init__(self, file: str, snippet: str, why: str) -> None:
        self.file: Final = file
        self.snippet: Final = snippet
        self.why: Final = why


class Found(Fact):
    """What stands in the tree already."""

    __slots__ = ("manager", "manager_file", "pipelines", "tests")

    def __init__(self, pipelines: tuple[Pipeline, ...], manager: str, manager_file: str, tests: str) -> None:
        self.pipelines: Final = pipelines
        self.manager: Final = manager
        self.manager_file: Final = manager_file
        self.tests: Final = tests


class Plan(Fact):
    """What is to be done, nothing of it done yet.

    `place` is where the native hook goes, None where a manager has the say; `command` starts the
    manager's own installation, () for none; `hints` are what a person might do after it.
    """

    __slots__ = ("by_hand", "command", "edits", "found", "hints", "place")

    def __init__(
        self,
        found: Found,
        edits: tuple[Edit, ...] = (),
        place: install.Place | None = None,
        command: tuple[str, ...] = (),
        by_hand: tuple[ByHand, ...] = (),
        hints: tuple[str, ...] = (),
    ) -> None:
        self.found: Final = found
        self.edits: Final = edits
        self.place: Final = place
        self.command: Final = command
        self.by_hand: Final = by_hand
        self.hints: Final = hints


def make_plan(repo: Repository, env: Mapping[str, str]) -> Plan:
    """Return what makes pushes from this work tree judged.

    Raises:
        InstallError: there is no work tree, or the hooks' folder belongs to more than this repository.
    """
    if repo.top is None:
        raise InstallError("this repository has no work tree", "run cigate init in a clone that has one")
    place = install.find_place(repo)
    state = install.find_hook(place)
    hooks = _in_tree(place, repo.top)
    ruler = find_manager(repo.top, hooks, install.read_hook(place))
    found = Found(
        tuple(find_pipelines(repo.top)),
        ruler[0].NAME if ruler else "",
        ruler[1] if ruler else "",
        find_test_command(repo.top),
    )
    hints = (() if os.path.exists(store_path(repo)) else _past(found)) + _steps(found)
    workflow = _workflow(repo.top, found)
    if ruler is None:
        return Plan(found, workflow, None if state.own and state.current else place, hints=hints)
    manager, file = ruler
    hook = install.read_hook(place)
    edits, by_hand = _enter(repo.top, manager, file)
    edits, hints = (*edits, *workflow), (*_missing(env), *hints)
    rules = bool(hooks) or wrote(manager, hook)
    if rules or state.own:
        return Plan(found, edits, None, (), by_hand, hints)
    command = _installer(manager, env)
    # A manager that is not at work in this clone leaves its pushes unjudged: until it is, the native hook.
    return Plan(found, edits, None if command else place, command, by_hand, hints)


def carry_out(plan: Plan, top: str) -> list[str]:
    """Do what the plan says; return a line for each thing done.

    Raises:
        InstallError: a file or the hook could not be written, or the manager's installation failed.
    """
    done = []
    for edit in plan.edits:
        write_edit(top, edit)
        done.append(f"{'written' if edit.old is None else 'changed'}: {edit.path}")
    if plan.command:
        said = " ".join(plan.command)
        ended = run_child(plan.command, top)
        if ended.code:
            raise InstallError(
                f"{said} ended with {ended.code}{ended.trouble and ': ' + ended.trouble}",
                "mend that, then run cigate init again: it goes on from here",
            )
        done.append(f"ran: {said}")
    if plan.place:
        done.append(install.install(plan.place))
    return done


def _enter(top: str, manager: Manager, file: str) -> tuple[tuple[Edit, ...], tuple[ByHand, ...]]:
    """Return the edit that enters cigate into the manager's file, or what a person is to do instead."""
    try:
        old = read_text(top, file)
    except InstallError as error:
        return (), (ByHand(file, manager.SNIPPET, str(error)),)
    if old is not None and names_cigate(old):
        return (), ()
    new = manager.add_entry(old or "", file)
    if new is None:
        return (), (ByHand(file, manager.SNIPPET, f"no place in {file} is sure"),)
    return (Edit(file, old, new, manager.EXECUTABLE and old is None),), ()


def _in_tree(place: install.Place, top: str) -> str:
    """Return the hooks' folder relative to the tree, "" where it is not part of it."""
    if not place.in_tree:
        return ""
    relative = os.path.relpath(os.path.realpath(place.folder), os.path.realpath(top))
    return "" if relative.startswith("..") else relative.replace(os.sep, "/")


def _installer(manager: Manager, env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command that lets git start the manager at a push, () where none of its programs is here."""
    for path in (env.get("PATH", ""), os.path.dirname(sys.executable)):
        for program in manager.PROGRAMS:
            if found := shutil.which(program, path=path):
                return (found, *manager.INSTALL)
    return ()


def _past(found: Found) -> tuple[str, ...]:
    """Return how to bring in past builds, where none are here yet."""
    for pipeline in found.pipelines:
        if forge := FORGES.get(pipeline.name):
            return (f"cigate backfill {forge}: brings in what {pipeline.name} remembers of past builds",)
    return ("cigate import csv FILE: brings in past builds",)


def _workflow(top: str, found: Found) -> tuple[Edit, ...]:
    files = next((pipeline.files for pipeline in found.pipelines if pipeline.name == GITHUB), ())
    edit = workflow_edit(top, files) if files else None
    return (edit,) if edit else ()


def _steps(found: Found) -> tuple[str, ...]:
    """Return what a pipeline's own file would say; no such file is edited."""
    tests = found.tests or "YOUR-TESTS"
    return tuple(
        f"{pipeline.name}: `cigate run -- {tests}` judges, runs the tests and records how they ended"
        for pipeline in found.pipelines
        if pipeline.name != GITHUB
    )


def _missing(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return what to say where the manager's shell would not find cigate."""
    if shutil.which("cigate-hook", path=env.get("PATH")):
        return ()
    return (f"put {os.path.dirname(sys.executable)} on PATH: hook managers find cigate-hook there",)
