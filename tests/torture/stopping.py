"""Commands that are stopped in the middle: each waits at a named call, which is known to be inside its work.

A table of commands, and a place with all that they work on. Knows nothing of what must hold afterwards.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from cigate.artifacts import open_artifacts
from cigate.artifacts.bundles import publish
from cigate.change import BuildRecord, Change
from cigate.git import Repository
from cigate.identity import pseudonym
from cigate.places import author_key, spool_dir
from cigate.spool import Spool
from cigate.stores import open_store
from tests.judged import Judged, build, wary_bundle
from tests.torture.faults import environment
from tests.train_data import make_records

BUILDS, WAITING, ROWS = 300, 3, 2500
PATIENCE_S = 120

# Runs cigate; the named call tells that it is reached, and does not return. A shell's background jobs are
# born deaf to Ctrl-C, and whatever they start: the tests may be run by one.
HELD = """
import importlib, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
module, _, name = sys.argv[1].partition(":")
owner = importlib.import_module(module)
*path, name = name.split(".")
for part in path:
    owner = getattr(owner, part)
calls, real = [], getattr(owner, name)
def held(*args, **named):
    calls.append(name)
    if len(calls) == int(sys.argv[2]):
        print("inside", flush=True)
        while True:
            time.sleep(0.05)
    return real(*args, **named)
setattr(owner, name, held)
from cigate.cli import main
sys.exit(main(sys.argv[3:]))
"""


class Stop(NamedTuple):
    """A command, the call in which it is stopped, and which call of that name it is."""

    words: tuple[str, ...]
    at: str
    nth: int = 1


APPEND = "cigate.stores.sql:SqlStore._append_batch"
MOVE = "cigate.artifacts.folder:FolderArtifacts.move_pointer"
WRITTEN = "cigate.model.writing:_sync"  # the new model lies beside the old one
STORE = "sqlite:///{place}/work/.git/cigate/builds.sqlite"
STOPS = {
    "import": Stop(("import", "csv", "{place}/builds.csv"), APPEND, 2),
    "record": Stop(("record", "--status", "failed"), APPEND),
    "flush": Stop(("flush",), APPEND),
    "export": Stop(("export", "--store", STORE, "--out", "{place}/out.jsonl"), "os:replace"),
    "prune": Stop(("prune", "--older-than", "1d", "--store", STORE), "cigate.stores.upkeep:_delete_orphans"),
    "forget-author": Stop(("forget-author", "ann@example.invalid"), "cigate.stores.sql:SqlStore._replace"),
    "compact": Stop(("compact", "--store", "file://{place}/objects"), "cigate.stores.bucket:Bucket.delete"),
    "generate": Stop(("generate", "--builds", "300", "{place}/out.csv"), "os:replace"),
    "mine": Stop(
        ("mine", "--repos", "{place}/wor[k]", "--out", "{place}/out", "--cache", "{place}/cache"),
        "os:replace",
    ),
    "train": Stop(("train", "--export-onnx", "{place}/work/.git/cigate/model"), WRITTEN),
    "train, fitting": Stop(
        ("train", "--export-onnx", "{place}/work/.git/cigate/model"),
        "sklearn.ensemble:RandomForestClassifier.fit",
    ),
    "backtest": Stop(("backtest", "--json", "{place}/out.jsonl"), "cigate_train.backtest:backtest"),
    "report": Stop(("report", "--output", "{place}/out.html"), "cigate.commands.report:write_whole"),
    "publish": Stop(("publish", "--to", "{place}/models"), MOVE),
    "retrain": Stop(("retrain", "--store", STORE, "--publish", "{place}/models"), MOVE),
    "pull": Stop(("pull", "--from", "{place}/models"), WRITTEN),
}


def build_place(place: Path) -> None:
    """Make a repository with a model and builds, a table, published models, and small objects."""
    judged = Judged.make(place)
    repo = Repository.open(str(judged.work.path))
    store = open_store(f"sqlite:///{judged.state}/builds.sqlite")
    store.append(make_records(BUILDS - 1))
    ann = pseudonym(b"ann@example.invalid", author_key(repo, {}, create=True))
    store.append([by(build(1000, failed=True), ann)])
    store.close()
    head = "author,files_changed,lines_added,lines_deleted,dominant_file_type,outcome\n"
    rows = "".join(f"a{n % 9},{n % 7},{n % 50},3,.py,passed\n" for n in range(ROWS))
    (place / "builds.csv").write_text(head + rows)
    publish(open_artifacts(str(place / "models")), "default", wary_bundle(synthetic=True), 1_700_000_000)
    objects = open_store(f"file://{place}/objects")
    for number in range(WAITING):
        objects.append([build(number, failed=False)])


def copy_place(source: Path, target: Path) -> None:
    """Copy such a place, and let some records wait for the copy's store, which goes by its path."""
    shutil.copytree(source, target, symlinks=True)
    repo = Repository.open(str(target / "work"))
    spool = Spool(spool_dir(repo), open_store(STORE.format(place=target)).shown)
    for number in range(WAITING):
        spool.put(build(1001 + number, failed=False))


def by(record: BuildRecord, author: str) -> BuildRecord:
    """Return `record` as if `author`, a pseudonym, had pushed it."""
    made = record.change
    change = Change(made.head, made.base, made.branch, author, made.pushed_at, made.commits)
    return BuildRecord(record.id, change, record.outcome, record.started_at, record.finished_at)


def stop(place: Path, how: Stop, number: int) -> tuple[int, str, str]:
    """Run a command until it is inside, send the signal; return its code, its stdout and its stderr."""
    words = [word.format(place=place) for word in how.words]
    process = subprocess.Popen(
        [sys.executable, "-c", HELD, how.at, str(how.nth), *words],
        cwd=place / "work",
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line == "inside\n":
            process.send_signal(number)
            break
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    return process.returncode, said + out, err
