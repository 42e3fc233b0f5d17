"""What is shipped is what the tree holds, and a plain installation is small and whole."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from cigate import __version__
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
    """Each file of the three shipped folders is in the wheel, and nothing else is."""
    expected = {f"{INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    expected |= {f"{INFO}/licenses/LICENSE", f"{INFO}/top_level.txt"}
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


def test_train_answers_with_the_pip_line(installed: Path, tmp_path: Path) -> None:
    """A plain installation says how to get the training part, as a usage error."""
    (tmp_path / "build_history.csv").write_text("author,files_changed,build_status\n")
    said = _run(installed / "cigate", "train", "--data", "build_history.csv", cwd=tmp_path, code=2)
    assert "pip install 'cigate[train]'" in said
    assert "Traceback" not in said


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
