"""`cigate retrain` as a nightly job types it: SQLite stores, a folder of models, no repository."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from cigate.artifacts import open_artifacts
from cigate.artifacts.bundles import publish, read_index, read_objects
from cigate.change import BuildRecord
from cigate.cli import main
from cigate.commands.retrain import KEPT
from cigate.errors import Overtaken
from cigate.model import Bundle
from cigate.stores import open_store
from tests.artifacts.models import model
from tests.forests import fit_forest, make_bundle
from tests.judged import ROOT
from tests.servers import find_program
from tests.train_data import CARELESS, make_records, with_outcome
from tools.reference import command_parser

NOISE = 500


@pytest.fixture(autouse=True)
def _nothing_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder that is in no repository."""
    for name in [name for name in os.environ if name.startswith(("CIGATE_", "GIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)


class Team:
    """A folder of models, and a store for each history that a test makes up."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.place = folder / "models"

    def retrain(self, records: Sequence[BuildRecord], *words: str) -> tuple[int, str]:
        """Retrain from a store of `records`; return the exit code and all that was printed."""
        url = f"sqlite:///{self.folder}/{len(list(self.folder.glob('*.sqlite')))}.sqlite"
        store = open_store(url)
        store.append(records)
        store.close()
        code = main(["retrain", "--store", url, "--publish", str(self.place), *words])
        out, err = self.capsys.readouterr()
        assert "Traceback" not in err
        return code, out + err

    @property
    def versions(self) -> list[str]:
        """The digests of all that was published."""
        index, _ = read_index(open_artifacts(str(self.place)), "default")
        return [version.digest for version in index.versions]

    @property
    def latest(self) -> Bundle:
        place = open_artifacts(str(self.place))
        return read_objects(place, read_index(place, "default")[0].latest)


@pytest.fixture
def team(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Team:
    return Team(tmp_path, capsys)


def flipped(record: BuildRecord) -> BuildRecord:
    return with_outcome(record, "passed" if record.failed else "failed")


def poisoned(records: Sequence[BuildRecord]) -> list[BuildRecord]:
    """Return `records` with the newest fifth of one author's outcomes, a third of all there, flipped."""
    since = records[len(records) * 4 // 5].change.pushed_at
    return [
        flipped(record) if record.change.author == CARELESS and record.change.pushed_at >= since else record
        for record in records
    ]


def forgetful(records: Sequence[BuildRecord]) -> list[BuildRecord]:
    """Return `records` of which the older say nothing: every third build failed, whatever it brought."""
    return [
        with_outcome(record, "passed" if number % 3 else "failed") if number < NOISE else record
        for number, record in enumerate(records)
    ]


def retrained(bundle: Bundle) -> dict[str, object]:
    told = bundle.manifest.card["retrain"]
    assert isinstance(told, dict)
    return told


def test_the_first_model_is_published_with_its_card(team: Team) -> None:
    """What is printed stands in the manifest: data, figures beside the echo's, features, versions."""
    code, said = team.retrain(make_records(300))
    assert code == 0
    card = team.latest.manifest.card
    assert isinstance(card["text"], list)
    text = "\n".join(card["text"])
    assert text in said
    for told in ("builds  300", "echo", "calib", "branch_last_failed", "scikit-learn", "no model to compare"):
        assert told in text
    assert retrained(team.latest)["compared_with"] is None
    assert f"published: {team.latest.manifest.model_id} ({team.versions[0][:12]})" in said


def test_the_same_builds_give_the_same_bytes_and_are_published_once(team: Team) -> None:
    records = make_records(300)
    assert team.retrain(records)[0] == 0
    first = team.versions
    code, said = team.retrain(records)
    assert (code, "already the latest" in said) == (0, True)
    assert team.versions == first
    team.place = team.folder / "elsewhere"
    # A reason that is not needed leaves no trace.
    assert team.retrain(list(reversed(records)), "--force", "just in case")[0] == 0
    assert team.versions == first


def test_a_few_new_builds_are_compared_on_what_both_have_learned(team: Team) -> None:
    records = make_records(310)
    team.retrain(records[:300])
    code, said = team.retrain(records)
    assert (code, "that are not new to both" in said) == (0, True), said
    held = retrained(team.latest)["held_out"]
    assert isinstance(held, dict)
    assert not held["unseen"]


def test_many_new_builds_are_compared_on_what_neither_has_learned(team: Team) -> None:
    records = make_records(600)
    team.retrain(records[:500])
    live = team.latest.manifest
    code, said = team.retrain(records)
    assert (code, len(team.versions)) == (0, 2), said
    told = retrained(team.latest)
    assert told["compared_with"] == live.model_id
    held = told["held_out"]
    assert isinstance(held, dict)
    newer = [record for record in records if record.change.pushed_at > live.created_at]
    assert (held["unseen"], held["builds"]) == (True, len(newer))
    assert held["failures"] == sum(record.failed is True for record in newer)


def test_a_worse_model_is_kept_back_unless_somebody_says_why_not(team: Team) -> None:
    """The reason and what it outweighs are written into the card."""
    records = make_records(620, seed=1)
    assert team.retrain(records[:NOISE])[0] == 0
    live = team.versions
    noise = forgetful(records)
    code, said = team.retrain(noise)
    assert (code, team.versions) == (KEPT, live), said
    assert re.search(r"against its merit is lower by 0\.\d+ than the live model's", said)
    assert "kept    the live model as default" in said
    code, said = team.retrain(noise, "--force", "The old labels\nwere wrong")
    assert (code, team.versions[:1], len(team.versions)) == (0, live, 2)
    told = retrained(team.latest)
    assert told["forced"] == "The old labels were wrong"
    assert "its merit is lower" in str(told["objections"])
    assert "PUBLISHED ALL THE SAME: The old labels were wrong" in said


def test_one_authors_flipped_outcomes_are_not_published_silently(team: Team) -> None:
    """They are a third of the recent ones. Only what is printed tells the pseudonym."""
    records = make_records(1000, 54)
    code, said = team.retrain(poisoned(records))
    assert (code, team.place.exists()) == (KEPT, False), said
    assert f"outcomes of the author {CARELESS} contradict" in said
    assert "nothing is published" in said
    assert team.retrain(records)[0] == 0
    live = team.versions
    assert team.retrain(poisoned(records))[0] == KEPT
    assert team.versions == live


def test_poison_can_be_forced_and_the_card_names_no_author(team: Team) -> None:
    assert team.retrain(poisoned(make_records(1000, 51)), "--force", "A new test suite")[0] == 0
    assert "one author contradict" in str(retrained(team.latest)["objections"])
    assert CARELESS not in str(team.latest.manifest.card)


def test_a_live_model_that_cannot_be_asked_is_replaced_only_by_force(team: Team) -> None:
    publish(open_artifacts(str(team.place)), "default", make_bundle(fit_forest(), b""), 1)
    code, said = team.retrain(make_records(300))
    assert (code, "the live model cannot be compared: " in said) == (KEPT, True)
    assert team.retrain(make_records(300), "--force", "new features")[0] == 0
    assert "was trained with" in str(retrained(team.latest)["objections"])


def test_a_dry_run_publishes_nothing(team: Team) -> None:
    code, said = team.retrain(make_records(300), "--dry-run")
    assert (code, "would be published" in said, team.place.exists()) == (0, True, False)


def test_what_was_published_meanwhile_stands(team: Team) -> None:
    """The model that was compared with is no longer the latest."""
    from cigate.commands.retrain import _publish
    from cigate.config import Config

    publish(open_artifacts(str(team.place)), "default", model("one"), 1)
    args = argparse.Namespace(sign=None, name="default", timeout=10)
    with pytest.raises(Overtaken, match="while this one was compared"):
        _publish(args, open_artifacts(str(team.place)), Config(), team.latest, "ab" * 32)


def test_too_little_history_publishes_nothing(team: Team) -> None:
    code, said = team.retrain(make_records(20))
    assert (code, "too few to learn from" in said, team.place.exists()) == (3, True, False)


def test_store_and_place_may_come_from_the_environment(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["retrain", "--publish", "models"]) == 2
    assert "no store of builds is named" in team.capsys.readouterr().err
    url = f"sqlite:///{team.folder}/builds.db"
    store = open_store(url)
    store.append(make_records(300))
    store.close()
    monkeypatch.setenv("CIGATE_STORE", url)
    assert main(["retrain"]) == 2
    assert "no place for models is named" in team.capsys.readouterr().err
    monkeypatch.setenv("CIGATE_ARTIFACTS", str(team.place))
    assert main(["retrain"]) == 0
    assert len(team.versions) == 1


def test_where_models_must_be_signed_it_asks_for_a_key_first(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    (team.folder / "allowed").write_text("")
    monkeypatch.setenv("CIGATE_SIGNERS", str(team.folder / "allowed"))
    code, said = team.retrain(make_records(60))
    assert (code, "asks for signed models" in said) == (2, True)


def test_a_signed_model_takes_the_place_of_an_unsigned_one_only_by_force(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signatures were introduced after the first publication."""
    if find_program("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed: apt-get install openssh-client")
    key = team.folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key], check=True)
    public = key.with_suffix(".pub").read_text()
    (team.folder / "allowed").write_text(f'job namespaces="cigate-model" {public}')
    publish(open_artifacts(str(team.place)), "default", model("unsigned"), 1)
    monkeypatch.setenv("CIGATE_SIGNERS", str(team.folder / "allowed"))
    code, said = team.retrain(make_records(300), "--sign", str(key))
    assert (code, "the live model is not signed" in said) == (KEPT, True), said
    assert team.retrain(make_records(300), "--sign", str(key), "--force", "From now on signed")[0] == 0
    code, said = team.retrain(make_records(300), "--sign", str(key))
    assert (code, "already the latest" in said) == (0, True)
    index, _ = read_index(open_artifacts(str(team.place)), "default")
    assert index.find(index.latest).signature


@pytest.mark.parametrize("reason", ["", "  ", "a\x1bb", "x" * 501])
def test_a_reason_must_be_one(team: Team, reason: str) -> None:
    assert team.retrain(make_records(20), "--force", reason)[0] == 2


def test_the_schedules_of_the_documents_are_whole() -> None:
    """They are YAML, may only read, use one pinned action, and call what the program understands."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    github, gitlab = map(yaml.safe_load, re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S))
    assert github["permissions"] == {"contents": "read"}
    steps = github["jobs"]["retrain"]["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert [bool(re.fullmatch(r"actions/checkout@[0-9a-f]{40}", name)) for name in used] == [True]
    assert gitlab["retrain"]["allow_failure"] == {"exit_codes": KEPT}
    (by_cron,) = re.findall(r"^23 3 \* \* \* .*&& (cigate .*?) >", page, re.M)
    for line in (steps[-1]["run"], gitlab["retrain"]["script"][-1], by_cron):
        program, command, *words = shlex.split(line)
        assert (program.rsplit("/", 1)[-1], command) == ("cigate", "retrain")
        command_parser(command).parse_args(words)
