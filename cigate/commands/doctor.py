"""`cigate doctor`: what would judge a push from here, how old it is, and what to do next."""

from __future__ import annotations

import argparse
import os
import sys
from time import time

from cigate.errors import CigateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.config import Config
    from cigate.git import Repository
    from cigate.judge import Judge
    from cigate.model import Thresholds

HELP = "show what judges here (hook, model, history, configuration), how old it is, and what to do next"
EXAMPLE = "cigate doctor"
PRE_COMMIT_FILE = ".pre-commit-config.yaml"


class Screen:
    """The lines that are shown, and what should be done about them."""

    def __init__(self) -> None:
        self.able = True
        self.todo: list[str] = []

    def show(self, name: str, *lines: str) -> None:
        """Print one part: its name, then its lines one below the other."""
        from cigate.reporters.escape import escape

        for number, line in enumerate(lines):
            print(f"{'' if number else name:<12}{escape(line)}")

    def refuse(self, name: str, error: CigateError) -> None:
        """Print why a part cannot be used, and remember what its error says to do."""
        self.able = False
        self.show(name, f"CANNOT BE USED: {error}")
        self.advise(error.hint)

    def advise(self, what: str) -> None:
        """Remember something to do."""
        if what and what not in self.todo:
            self.todo.append(what)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags to `parser`."""
    parser.add_argument("--repo", default=".", metavar="PATH", help="the repository (default: this one)")


def run(args: argparse.Namespace) -> int:
    """Print one screen; return 0 where a push could be judged here, else 3."""
    from cigate.judge import limits_of

    screen = Screen()
    screen.show("versions", _versions())
    try:
        repo = _repository(args.repo, screen)
        _hook(repo, screen)
        config = _config(repo, screen)
        judge = _judge(repo, config, screen) if config else None
        if config and judge:
            _model(judge, repo, limits_of(judge.manifest, repo, config), screen)
        _ledger(repo, screen)
        _waiting(repo, screen)
    except CigateError as error:
        screen.refuse("repository", error)
    screen.show("next", *(screen.todo or ["nothing: pushes from here are judged"]))
    return 0 if screen.able else CigateError.exit_code


def _versions() -> str:
    from importlib.metadata import PackageNotFoundError, version

    from cigate import __version__
    from cigate.git import Process

    found = [f"cigate {__version__}", "Python " + sys.version.split()[0]]
    try:
        _, out, _ = Process(["--version"], b"", dict(os.environ)).communicate(10)
        found.append(out.decode(errors="replace").strip().replace("git version", "git"))
    except CigateError as error:
        found.append(str(error))
    for name in ("onnxruntime", "numpy"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} is not installed")
    return " · ".join(found)


def _repository(path: str, screen: Screen) -> Repository:
    from cigate.git import Repository

    repo = Repository.open(path)
    shared = " (a linked worktree)" if repo.git_dir != repo.common_dir else ""
    shallow = ", shallow" if repo.shallow else ""
    screen.show("repository", f"{repo.path}{shared}{shallow}", f"state in {_state(repo)}")
    return repo


def _state(repo: Repository) -> str:
    from cigate.places import state_dir

    return state_dir(repo)


def _hook(repo: Repository, screen: Screen) -> None:
    from cigate.install import BEFORE, HOOK, LEGACY, find_hook, find_place

    try:
        place = find_place(repo)
        state = find_hook(place)
    except CigateError as error:
        screen.show("hook", f"CANNOT BE READ: {error}")
        screen.advise(error.hint)
        return
    in_pre_commit = _named_in_pre_commit(repo)
    if state.own:
        lines = [f"native: {place.path(state.own)}", f"starts {_interpreter(place.path(state.own))}"]
        if state.own == LEGACY:
            lines.append("pre-commit runs it first, with every ref of the push")
        if state.before:
            lines.append(f"before it runs {place.path(BEFORE)}")
        if not state.current:
            lines.append("it is not what this cigate would write")
            screen.advise("cigate install (renews the hook)")
        if in_pre_commit:
            lines.append(f"{PRE_COMMIT_FILE} names cigate too, which then leaves it to this hook")
    elif state.first == "pre-commit" and in_pre_commit:
        lines = [f"pre-commit: {place.path(HOOK)}", "it shows cigate the first ref of a push only"]
    else:
        lines = ["none: pushes from here are not judged"]
        if state.first != "none":
            lines.append(
                f"{place.path(HOOK)} is {'pre-commit' if state.first == 'pre-commit' else 'another'}'s"
            )
        screen.advise("cigate install")
    screen.show("hook", *lines)


def _interpreter(hook: str) -> str:
    from cigate.shim import python_of

    with open(hook, "rb") as file:
        python = python_of(file.read())
    return python if os.access(python, os.X_OK) else f"{python or 'nothing'}, which is not there"


def _named_in_pre_commit(repo: Repository) -> bool:
    try:
        with open(os.path.join(repo.path, PRE_COMMIT_FILE), "rb") as file:
            return b"id: cigate" in file.read()
    except OSError:
        return False


def _config(repo: Repository, screen: Screen) -> Config | None:
    from cigate.config import KEYS, read_config

    try:
        config = read_config(repo.top, os.environ)
    except CigateError as error:
        screen.refuse("settings", error)
        return None
    values = [getattr(config, "time_limit_s" if k == "time-limit" else k.replace("-", "_")) for k in KEYS]
    wide = max(map(len, KEYS))
    lines = [
        f"{key:<{wide}} {_shown(key, value):<14} {source}"
        for key, value, source in zip(KEYS, values, config.sources, strict=True)
    ]
    screen.show("settings", *lines)
    if config.mode == "off":
        screen.advise("nothing is judged while mode is off")
    return config


def _shown(key: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(value)
    unit = " s" if key == "time-limit" else ""
    return f"{value:g}{unit}" if isinstance(value, float) else str(value) or "-"


def _judge(repo: Repository, config: Config, screen: Screen) -> Judge | None:
    """Return what would judge here, after it has scored one usual row; None where it cannot."""
    from array import array

    from cigate.judge import find_model, open_judge
    from cigate.places import author_key

    try:
        repo.author_key = author_key(repo, os.environ, off=config.no_authors)
        judge = open_judge(find_model(repo, config), repo, os.environ)
        judge.predictor.score([array("f", judge.manifest.typical)])
        return judge
    except CigateError as error:
        screen.refuse("model", error)
        return None


def _model(judge: Judge, repo: Repository, limits: Thresholds, screen: Screen) -> None:
    from cigate.alarms import open_alarms
    from cigate.reporters.text import age_text, date_text, limits_text, model_text, thresholds_texts

    model, history = judge.model_facts, judge.history_facts
    alarms = open_alarms(repo, judge.manifest)
    screen.show(
        "model",
        f"{model_text(model)}: {model.model_id}, {len(judge.manifest.features)} features",
        f"in {model.where}",
        limits_text(limits),
        *thresholds_texts(alarms.thresholds),
        f"run by {_backend(judge)}",
    )
    screen.show(
        "history",
        f"{history.builds:,} builds, {history.failures:,} failed, the last on {date_text(history.as_of)}",
        f"{age_text(history.as_of, int(time()))}; in {history.where}",
    )


def _ledger(repo: Repository, screen: Screen) -> None:
    """Show how much was judged here, how that turned out, and whether the next judgement can be noted."""
    from cigate.ledger import can_append, read_ledger
    from cigate.places import ledger_path
    from cigate.reporters.text import date_text, past_text
    from cigate.track import past_of, read_track
    from cigate.words import count_text

    path = ledger_path(repo)
    try:
        entries = read_ledger(repo)
    except OSError as error:
        screen.show("ledger", f"CANNOT BE READ: {path}: {error.strerror}")
        screen.advise(f"give your user access to {path}")
        return
    lines = ["nothing was judged here yet"]
    if entries:
        lines = [f"{count_text(len(entries), 'judgement')} since {date_text(entries[0].at)}; in {path}"]
        known = read_track(repo)
        past = past_of(known)
        lines.append(past_text(past) if past else f"of {len(known):,} the outcome is known: too few to tell")
    if not can_append(repo):
        lines.append(f"NOTHING NEW IS NOTED: {path} cannot be written")
        screen.advise(f"give your user access to {path}")
    screen.show("ledger", *lines)


def _waiting(repo: Repository, screen: Screen) -> None:
    """Show the outcomes that no store has taken yet, where there are any."""
    from cigate.places import spool_dir
    from cigate.spool import count_waiting

    if count := count_waiting(spool_dir(repo)):
        what = "1 recorded outcome that its" if count == 1 else f"{count:,} recorded outcomes that their"
        screen.show("waiting", f"{what} store has not taken yet")
        screen.advise("cigate flush --store URL")


def _backend(judge: Judge) -> str:
    if judge.predictor.backend == "capi":
        return "onnxruntime's C API"
    why = judge.predictor.why or "as CIGATE_BACKEND asks"
    return f"onnxruntime's Python API, which is slower: {why}"
