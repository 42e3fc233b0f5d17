"""Whatever reads bytes that cigate did not write itself: one function of bytes for each.

Each may raise a CigateError and nothing else. `seeds/NAME/` holds what each is fuzzed from, and whatever
broke it once.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from cigate import config
from cigate.artifacts.index import parse_index
from cigate.configfiles import parse_ini, parse_toml
from cigate.errors import CigateError, DamagedBundle
from cigate.failures import parse_failures
from cigate.features import FEATURES, Moment, vector_of
from cigate.forges import github_runs, gitlab_runs, jenkins_runs
from cigate.forges.remotes import split_remote
from cigate.gitlog import parse_log
from cigate.history import History
from cigate.ledger import parse_ledger
from cigate.model import check_structure, parse_manifest, read_metadata
from cigate.providers import PROVIDERS, read_run
from cigate.push import parse_pre_commit, parse_pre_push
from cigate.spool import parse_record
from cigate.stores.batches import parse_header, parse_name, parse_rows
from cigate.tables import parse_table, read_lines, totals_records
from cigate.tables.jsonlines import parse_json_lines
from cigate.track import parse_track
from tests.judged import build, past

SEEDS = Path(__file__).with_name("seeds")
CHANGE = build(41, failed=False).change


def git_log(data: bytes) -> None:
    """What `git log -z --raw --numstat` prints, in pieces."""
    list(parse_log([data[:7], data[7:]], b"key"))


def pre_push(data: bytes) -> None:
    """What git writes to a pre-push hook."""
    for update in parse_pre_push(data, ["origin", "https://u:p@example.invalid/x"]).updates:
        assert update.branch in update.remote_ref


def pre_commit(data: bytes) -> None:
    """pre-commit's variables, one a line."""
    env = _environment(data)
    push = parse_pre_commit(env)
    assert push is None or len(push.updates) == 1


def toml(data: bytes) -> None:
    """A configuration in TOML, and every value in it."""
    for name in (".cigate.toml", "pyproject.toml"):
        _configured(parse_toml(data, name))


def ini(data: bytes) -> None:
    """A configuration in INI form."""
    _configured(parse_ini(data, "setup.cfg"))


def _configured(found: tuple[dict[str, object], str] | None) -> None:
    section, where = found or ({}, "")
    config._build({config._known(key, where): (value, where) for key, value in section.items()})


def manifest(data: bytes) -> None:
    """A bundle's manifest."""
    parse_manifest(data)


def model(data: bytes) -> None:
    """A model file, as deeply as a pull looks at it."""
    read_metadata(data)
    check_structure(data, (("f0", 1), ("f1", 1)))


def history(data: bytes) -> None:
    """A history snapshot, with a checksum that fits, asked for the features of a change."""
    sealed = data[:-4] + struct.pack("<I", crc32(data[:-4]))
    row = vector_of(Moment(CHANGE, History.open(sealed), CHANGE.pushed_at))
    assert len(row) == len(FEATURES)


def table(data: bytes) -> None:
    """A table of builds."""
    read = parse_table(read_lines(io.BytesIO(data), "x.csv"), "x.csv", {})
    list(totals_records([b for b in read.builds if b.totals is not None], b"key"))


def index(data: bytes) -> None:
    """The list of published models."""
    parse_index(data, "there")


def payload(data: bytes) -> None:
    """What GitHub says of a run, in an event and through its API."""
    told = _object(data)
    if told:
        github_runs.parse_build(told, "")
        github_runs.parse_job(told, "", 1, [told, told], "")
        github_runs.is_bots(told)
        for provider in PROVIDERS.values():
            provider.parse_run({"GITHUB_EVENT_NAME": "workflow_run"}, {"workflow_run": told}, 0)
            provider.parse_run({}, told, 0)


def gitlab(data: bytes) -> None:
    """What GitLab says of a pipeline, and of a job, through its API."""
    told = _object(data)
    place = gitlab_runs.Place(gitlab_runs.head_of(told), gitlab_runs.branch_of(told))
    gitlab_runs.parse_pipeline(told, place)
    gitlab_runs.parse_job(told, told, place)
    gitlab_runs.job_id(told, told)
    assert isinstance(gitlab_runs.is_bots(told) or gitlab_runs.is_open(told), bool)


def jenkins(data: bytes) -> None:
    """What Jenkins says of a build."""
    told = _object(data)
    for of_branch in (True, False):
        job = jenkins_runs.Job("team/app/PR-7", of_branch)
        jenkins_runs.parse_build(told, job, "https://example.invalid/team/app.git")
    jenkins_runs.build_id(told, job)
    assert isinstance(jenkins_runs.is_scheduled(told) or jenkins_runs.is_multibranch(told), bool)


def address(data: bytes) -> None:
    """A remote's address."""
    text = data.decode("utf-8", "surrogateescape")
    split_remote(text)
    github_runs.parse_remote(text)


def json_lines(data: bytes) -> None:
    """A file of JSON lines: rows, or records."""
    found = parse_json_lines(read_lines(io.BytesIO(data), "x.jsonl"), "x.jsonl")
    if found.lines:
        parse_table(found.lines, "x.jsonl", {})


def batch(data: bytes) -> None:
    """An object of a store of builds: its name in the first line, its header or its builds in the rest."""
    name, _, content = data.partition(b"\n")
    parse_name(name.decode("utf-8", "surrogateescape"))
    with suppress(CigateError):
        parse_header(content, "there")
    packed = gzip.compress(content, 1)  # damage below the compression would hardly ever get through it
    try:
        parse_header(packed, "there")
    except CigateError:
        list(parse_rows(packed, [0] * content.count(b"\n"), "there"))


def track(data: bytes) -> None:
    """What became of the judgements here."""
    parse_track(data)


def failures(data: bytes) -> None:
    """The last failures here."""
    parse_failures(data)


def surroundings(data: bytes) -> None:
    """The variables of every CI, one a line."""
    env = _environment(data)
    for provider in PROVIDERS.values():
        read_run({**env, provider.MARK: "x", provider.EVENT or "_": ""})


def spooled(data: bytes) -> None:
    """A record that waits for its store; what a damaged one raises is the reader's to catch."""
    try:
        parse_record(data)
    except (KeyError, TypeError, ValueError):
        raise DamagedBundle("damaged") from None


def ledger(data: bytes) -> None:
    """What cigate noted of its own judgements."""
    parse_ledger(data)


def _object(data: bytes) -> dict[str, object]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _environment(data: bytes) -> dict[str, str]:
    lines = data.replace(b"\0", b"").decode("utf-8", "surrogateescape").split("\n")
    return {name: value for name, mark, value in (line.partition("=") for line in lines) if mark}


TARGETS: dict[str, Callable[[bytes], None]] = {
    "git_log": git_log,
    "pre_push": pre_push,
    "pre_commit": pre_commit,
    "toml": toml,
    "ini": ini,
    "manifest": manifest,
    "model": model,
    "history": history,
    "table": table,
    "index": index,
    "payload": payload,
    "gitlab": gitlab,
    "jenkins": jenkins,
    "address": address,
    "json_lines": json_lines,
    "batch": batch,
    "track": track,
    "failures": failures,
    "surroundings": surroundings,
    "spooled": spooled,
    "ledger": ledger,
}


def seeds_of(name: str) -> list[bytes]:
    """Return the kept inputs of one target, in the order of their names."""
    kept = [path.read_bytes() for path in sorted((SEEDS / name).iterdir())]
    return [*kept, past(3)] if name == "history" else kept  # kept ones may be of an older format


def feed(name: str, data: bytes) -> bool:
    """Give `data` to a target; return whether it took it. Anything but a clear error is let through."""
    try:
        TARGETS[name](data)
    except CigateError as error:
        return not str(error)  # a refusal without words is as good as taking it
    return True
