"""What is shipped is what the tree holds, and a plain installation is small and whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from cigate import __version__
from cigate.shim import HOOK_ID
from tests.judged import RISKY, Judged

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
INFO = f"cigate-{__version__}.dist-info"
SHIPPED = {"cigate": "cigate", "hooks": "cigate/_hooks", "train/cigate_train": "cigate_train"}

CLOSURE = """
import json, re
from importlib.metadata import distributions

installed = {d.metadata["Name"].lower().replace("_", "-"): d.requires or [] for d in distributions()}
wanted, queue = set(), ["numpy", "onnxruntime"]
while queue:
    name = queue.pop()
    if name not in wanted:
        wanted.add(name)
        needs = [r for r in installed.get(name, []) if "extra ==" not in r]
        queue += [re.match(r"[\\w.-]+", r).group().lower().replace("_", "-") for r in needs]
print(json.dumps(sorted(set(installed) - wanted)))
"""


def _run(*command: str | Path, cwd: Path, code: int = 0) -> str:
    """Run a command away from the checkout, and return what it printed on both streams."""
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stdout
    return ran.stdout


def _tracked() -> list[str]:
    listed = _run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    return sorted(name for name in listed if name and (ROOT / name).is_file())


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the checkout's own files: a build must leave nothing in the checkout."""
    copy = tmp_path_factory.mktemp("source") / "cigate"
    for name in _tracked():
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    return copy


@pytest.fixture(scope="session")
def built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an sdist and with the wheel that was built from that sdist."""
    out = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--outdir", out, source, cwd=out)
    return out


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the scripts' folder of a fresh environment with the wheel and what it asks for."""
    return _environment(tmp_path_factory.mktemp("plain"), wheel)


def _environment(folder: Path, *requirements: str | Path) -> Path:
    _run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    scripts = folder / "venv" / "bin"
    _run(scripts / "python", "-m", "pip", "install", "-q", *requirements, cwd=folder)
    return scripts


def test_wheel_holds_exactly_the_shipped_folders(wheel: Path) -> None:
    """Each file of the three shipped folders is in the wheel, the manual page too, and nothing else is."""
    expected = {f"{INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    expected |= {f"{INFO}/licenses/LICENSE", f"{INFO}/top_level.txt"}
    expected.add(f"cigate-{__version__}.data/data/share/man/man1/cigate.1")
    for name in _tracked():
        for folder, package in SHIPPED.items():
            if PurePosixPath(name).is_relative_to(folder):
                expected.add(f"{package}/{PurePosixPath(name).relative_to(folder)}")
    with zipfile.ZipFile(wheel) as archive:
        assert sorted(archive.namelist()) == sorted(expected)


def test_sdist_carries_licence_and_sources(built: Path) -> None:
    """The wheel above was built from it, so the sources are whole; the licence must travel too."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "setup.cfg", "pyproject.toml", "hooks/pre-push"} <= names


def test_plain_installation_brings_numpy_and_onnxruntime_only(installed: Path, tmp_path: Path) -> None:
    """Nothing is installed that numpy and onnxruntime did not ask for themselves."""
    others = json.loads(_run(installed / "python", "-c", CLOSURE, cwd=tmp_path))
    assert set(others) <= {"cigate", "pip", "setuptools"}


def test_plain_installation_has_the_starter_model(installed: Path, tmp_path: Path) -> None:
    """Whoever installs the wheel can judge pushes without training."""
    program = (
        "from cigate.features import FEATURES; from cigate.places import starter_dir\n"
        "from cigate.model import check_features, open_predictor, read_bundle\n"
        "from array import array\n"
        "bundle = read_bundle(starter_dir())\n"
        "check_features(bundle.manifest, FEATURES)\n"
        "print(0 < open_predictor(bundle).score([array('f', bundle.manifest.typical)])[0] < 1)"
    )
    assert _run(installed / "python", "-c", program, cwd=tmp_path) == "True\n"


READ_TEMPLATE = "import sys; from cigate.shim import read_template; sys.stdout.buffer.write(read_template())"


def test_hook_is_found_however_cigate_was_installed(
    installed: Path, source: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """A wheel, an editable installation and a bare checkout read the same shipped hook."""
    shipped = (ROOT / "hooks" / "pre-push").read_text("utf-8")
    assert _run(installed / "python", "-c", READ_TEMPLATE, cwd=tmp_path) == shipped
    editable = _environment(tmp_path_factory.mktemp("editable"), "--no-deps", "-e", source)
    assert _run(editable / "python", "-c", READ_TEMPLATE, cwd=tmp_path) == shipped
    bare = f"import sys; sys.path.insert(0, {str(source)!r}); {READ_TEMPLATE}"
    assert _run(sys.executable, "-I", "-S", "-c", bare, cwd=tmp_path) == shipped


def test_a_strangers_hook_in_site_packages_is_not_read(installed: Path, tmp_path: Path) -> None:
    """A wheel's own hook comes before a folder that merely lies where a checkout's would."""
    where = "import cigate, os; print(os.path.dirname(os.path.dirname(cigate.__file__)))"
    strange = Path(_run(installed / "python", "-c", where, cwd=tmp_path).strip()) / "hooks"
    strange.mkdir()
    try:
        (strange / "pre-push").write_bytes(b"#!/bin/sh\n# stranger " + HOOK_ID)
        assert "stranger" not in _run(installed / "python", "-c", READ_TEMPLATE, cwd=tmp_path)
    finally:
        shutil.rmtree(strange)


def test_train_answers_with_the_pip_line(installed: Path, tmp_path: Path) -> None:
    """A plain installation says how to get the training part, as a usage error."""
    (tmp_path / "build_history.csv").write_text("author,files_changed,build_status\n")
    said = _run(installed / "cigate", "train", "--data", "build_history.csv", cwd=tmp_path, code=2)
    assert "pip install 'cigate[train]'" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(("url", "extra"), [("s3://bucket/prefix", "s3"), ("oci://ghcr.io/me/it", "oci")])
def test_pull_answers_with_the_pip_line(installed: Path, tmp_path: Path, url: str, extra: str) -> None:
    """A plain installation pulls from folders and by https; for the rest it says what to install."""
    said = _run(installed / "cigate", "pull", "--from", url, "--model", "model", cwd=tmp_path, code=2)
    assert f"pip install 'cigate[{extra}]'" in said


def test_backfill_answers_with_the_pip_line(installed: Path, tmp_path: Path) -> None:
    """A plain installation says how to get what asks GitHub, before anything is asked."""
    _run("git", "init", "-q", cwd=tmp_path)
    said = _run(installed / "cigate", "backfill", "github", "o/r", cwd=tmp_path, code=2)
    assert "pip install 'cigate[github]'" in said


def test_every_command_has_help_without_extras(installed: Path, tmp_path: Path) -> None:
    """Help needs no optional part: every command is listed and explains itself."""
    names = json.loads(
        _run(
            installed / "python",
            "-c",
            "import json; from cigate.cli import COMMANDS; print(json.dumps(sorted(COMMANDS)))",
            cwd=tmp_path,
        )
    )
    overview = _run(installed / "cigate", "--help", cwd=tmp_path)
    for name in names:
        assert name in overview
        assert "usage: cigate " + name in _run(installed / "cigate", name, "--help", cwd=tmp_path)


def test_the_installed_hook_judges_a_push(installed: Path, tmp_path: Path) -> None:
    """The hook finds cigate and onnxruntime in a wheel's environment, with site left out."""
    judged = Judged.make(tmp_path)
    assert "renewed" in _run(installed / "cigate", "install", cwd=judged.work.path)
    assert str(installed / "python") in judged.hook.read_text("utf-8")
    assert "/_hooks" not in judged.hook.read_text("utf-8")
    judged.work.commit(RISKY)
    code, text = judged.push("main", env={"CIGATE_MODE": "block"})
    assert code == 1
    assert "likely to break CI" in text
    shown = _run(installed / "cigate", "doctor", cwd=judged.work.path)
    assert f"starts {installed / 'python'}" in shown
    assert "C API" in shown
    assert "removed" in _run(installed / "cigate", "uninstall", cwd=judged.work.path)
    script = 'printf "" | "$0" origin url'
    _run("/bin/sh", "-c", script, installed / "cigate-hook", cwd=judged.work.path)
