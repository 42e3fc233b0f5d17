"""Many repositories are mined as one would be: each once, the bad ones named, the same bytes every time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks import times
from cigate.cli import main
from cigate.errors import ModelError, UnknownFeature
from cigate.features import FEATURES
from cigate.replay import replay
from cigate.stores import open_store
from cigate_train.dataset import collect_dataset
from cigate_train.scale import mining, parts
from cigate_train.scale.jobs import Job, Mined, Split
from cigate_train.scale.prefix import open_prefix
from cigate_train.scale.sources import Source
from tests.many import NAMES, make_repositories
from tests.servers import PASSWORD, Bucket

Arguments = list[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Repositories with tables of their builds; nobody changes them."""
    return make_repositories(tmp_path_factory.mktemp("many"))


@pytest.fixture
def arguments(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Arguments:
    """What mines them into a folder and a store of the test's own."""
    monkeypatch.setenv("CIGATE_AUTHOR_KEY", "of the test")
    monkeypatch.chdir(tmp_path)
    return [
        "mine",
        f"--repos={made}/repos/*",
        f"--builds={made}/builds",
        f"--out={tmp_path}/out",
        f"--cache={tmp_path}/cache",
    ]


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_records_go_into_the_store_and_rows_into_files(
    arguments: Arguments, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rows are those of a replay of the very records that are stored."""
    url = f"sqlite:///{tmp_path}/builds.sqlite"
    assert main([*arguments, f"--store={url}"]) == 0
    said = capsys.readouterr().out
    assert f"mined   {len(NAMES)} repositories" in said
    for name in NAMES:
        records = list(open_store(f"{url}?repository={name}").read())
        rows = (tmp_path / "out" / name.replace("/", "__") / "rows.parquet").read_bytes()
        mined = parts.decode(rows, name)
        expected = collect_dataset(replay(records), parts.NAMES)
        assert np.array_equal(mined.rows, expected.rows)
        assert np.array_equal(mined.failed, expected.failed)
        assert (mined.synthetic, mined.has_branches) == (expected.synthetic, expected.has_branches)
    index = json.loads((tmp_path / "out" / "index.json").read_bytes())["projects"]
    assert [project["name"] for project in index] == sorted(NAMES)


def test_ranges_and_a_second_run_give_the_same_bytes(
    arguments: Arguments, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """However a repository is cut, and whenever it is mined, its rows are the same."""
    assert main(arguments) == 0
    assert main([*arguments, f"--out={tmp_path}/cut", "--range=7"]) == 0
    assert content(tmp_path / "out").keys() == content(tmp_path / "cut").keys()
    for name, whole in content(tmp_path / "out").items():
        if name.endswith(("rows.parquet", "index.json")):
            assert (tmp_path / "cut" / name).read_bytes() == whole
    before = content(tmp_path / "out")
    capsys.readouterr()
    assert main(arguments) == 0
    assert f"kept    {len(NAMES)} as they were" in capsys.readouterr().out
    assert content(tmp_path / "out") == before


def test_an_object_store_holds_what_a_folder_would(
    arguments: Arguments,
    seaweedfs: Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Mined once, kept the second time, and trained from, on a real S3 server; no secret is shown."""
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    prefix = seaweedfs.create()
    assert main(arguments) == 0
    assert main([*arguments, f"--out={prefix}"]) == 0
    there = open_prefix(prefix)
    for name, content_here in content(tmp_path / "out").items():
        if name.endswith(("rows.parquet", "index.json")):
            assert there.read(name) == content_here
    capsys.readouterr()
    assert main([*arguments, f"--out={prefix}"]) == 0
    assert f"kept    {len(NAMES)} as they were" in capsys.readouterr().out
    assert main(["train", f"--data={prefix}", f"--export-onnx={tmp_path}/model"]) == 0
    assert f"pooled  {len(NAMES)} repositories" in capsys.readouterr().out
    assert (tmp_path / "model" / "manifest.json").exists()
    for name, value in seaweedfs.reader.items():
        monkeypatch.setenv(name, value)
    assert main([*arguments, f"--out={seaweedfs.create()}"]) == 3
    said = capsys.readouterr()
    assert "cannot be used: " in said.err + said.out
    assert PASSWORD not in said.err + said.out
    assert "Traceback" not in said.err


@pytest.mark.parametrize("cut", ["--range=4000", "--range=7"])
def test_what_mining_took_outlives_the_run(
    arguments: Arguments, tmp_path: Path, capsys: pytest.CaptureFixture[str], cut: str
) -> None:
    """A run that goes on where another was ended shows the times of both, and the ranges that were read."""
    assert main([*arguments, cut]) == 0
    first = table_of(capsys.readouterr().out)
    assert main([*arguments, cut]) == 0
    assert table_of(capsys.readouterr().out) == first
    said = [json.loads(file.read_bytes())["mined"] for file in (tmp_path / "out").rglob("mined.json")]
    assert len(said) == len(first) == len(NAMES)
    assert all(each["cpu_s"] > 0 and each["peak"] > 10**7 for each in said)
    assert all((each["ranges"] > 1) == (cut == "--range=7") for each in said)
    assert times.main([f"{tmp_path}/out"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[2].startswith(f"| all {len(NAMES)} | {sum(each['builds'] for each in said):,} |")
    slowest = sorted(said, key=lambda each: (-each["cpu_s"], each["name"]))
    assert [line.split(" ")[1] for line in table[3:]] == [each["name"] for each in slowest]


def table_of(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("  team/")]


def test_only_what_is_new_is_mined_again(
    arguments: Arguments, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table that has grown by a build is another one; the others are not read again."""
    builds = tmp_path / "builds"
    shutil.copytree(made / "builds", builds)
    arguments = [a for a in arguments if not a.startswith("--builds")] + [f"--builds={builds}"]
    assert main(arguments) == 0
    table = builds / (NAMES[0].replace("/", "__") + ".csv")
    table.write_text("\n".join(table.read_text().splitlines()[:-1]) + "\n")
    capsys.readouterr()
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "mined   1 repositories" in said
    assert f"kept    {len(NAMES) - 1} as they were" in said


def test_a_bad_repository_stops_no_other(
    arguments: Arguments, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is named with its reason; the exit code says that something is missing."""
    repos = [f"{made}/repos/{name.replace('/', '__')}" for name in NAMES]
    lines = [f"{name}\t{repo}" for name, repo in zip(NAMES, repos, strict=True)]
    lines += [f"bad/none\t{tmp_path}/nowhere", f"bad/table\t{repos[0]}\t/no.csv", f"bad/builds\t{repos[0]}"]
    lines += [f"bad/other\t{repos[0]}\t{made}/builds/{NAMES[1].replace('/', '__')}.csv"]
    (tmp_path / "list.tsv").write_text("# ours\n" + "\n".join(lines) + "\n")
    assert main(["mine", f"--repos={tmp_path}/list.tsv", *arguments[2:]]) == 3
    said = capsys.readouterr()
    assert f"mined   {len(NAMES)} repositories" in said.out
    assert "failed  bad/none: " in said.out
    assert "failed  bad/table: no.csv cannot be read" in said.out
    assert "failed  bad/other: none of its" in said.out
    assert "failed  bad/builds: it has no builds" in said.out
    assert "Traceback" not in said.out + said.err


def test_clone_urls_are_mirrored_within_bounded_disk(made: Path, tmp_path: Path) -> None:
    """The mirror that was unused for longest goes when the next needs its room; a token is never shown."""
    cache = tmp_path / "cache"

    def job(name: str, url: str = "") -> Job:
        folder = name.replace("/", "__")
        source = Source(name, url or f"file://{made}/repos/{folder}", f"{made}/builds/{folder}.csv")
        return Job(source, str(tmp_path / "out"), str(cache), 1, 1000)

    for name in NAMES[:2]:
        mined = mining.mine(job(name))
        assert isinstance(mined, Mined)
        assert mined.state == "mined", mined.why
        assert len(list((cache / "mirrors").glob("*.git"))) == 1
    lost = mining.mine(job(NAMES[0], "file:///nowhere/s3cret"))
    assert isinstance(lost, Mined)
    assert (lost.state, "s3cret" in lost.why, lost.why != "") == ("failed", False, True)
    refused = mining.mine(job(NAMES[0], "ext::sh -c true"))
    assert isinstance(refused, Mined)
    assert refused.state == "failed"


def test_what_is_secret_is_not_shown() -> None:
    """Dask prints the arguments of a task that fails."""
    secret = Source("o/r", "https://me:s3cret@example.com/o/r")
    job = Job(secret, "out", "cache", 1, 1, "postgresql://u:s3cret@h/d", b"s3cret")
    assert "s3cret" not in repr(job)


def test_a_split_covers_every_head_once() -> None:
    assert Split(10, 4).ranges == [(0, 4), (4, 8), (8, 10)]


def test_damaged_and_foreign_rows_are_refused(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = NAMES[0].replace("/", "__")
    source = Source(NAMES[0], f"{made}/repos/{folder}", f"{made}/builds/{folder}.csv")
    mining.mine(Job(source, str(tmp_path), "", 1, 1000))
    rows = (tmp_path / folder / "rows.parquet").read_bytes()
    with pytest.raises(ModelError, match="are those of"):
        parts.decode(rows, "o/other")
    with pytest.raises(ModelError, match="damaged"):
        parts.decode(rows[:-9], NAMES[0])
    monkeypatch.setattr(parts, "FEATURES", FEATURES[1:])
    with pytest.raises(UnknownFeature):
        parts.decode(rows, NAMES[0])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a/b\t/x\n../c\t/y\n", "line 2 names no repository"),
        ("a/b\t/x\na/b\t/y\n", "two repositories"),
        ("\n", "no repo"),
    ],
)
def test_a_list_that_cannot_be_understood_is_refused(
    tmp_path: Path, line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list").write_text(line)
    assert main(["mine", f"--repos={tmp_path}/list", f"--out={tmp_path}/out", f"--cache={tmp_path}/c"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_without_a_scheduler_at_the_address_it_says_so(
    arguments: Arguments, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed")
    assert main([*arguments, "--scheduler=tcp://127.0.0.1:1"]) == 3
    assert "no scheduler answers at tcp://127.0.0.1:1" in capsys.readouterr().err
