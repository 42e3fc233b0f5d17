"""The command line: every refusal is words and a number, every command has an example, nothing is slow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cigate import __version__, cli
from cigate.cli import COMMANDS, SHELLS, build_parser, main, open_command
from cigate.errors import CigateError, ConfigError, NoModel
from tests.judged import ROOT, run_cigate


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"cigate {__version__}\n"


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n    {name} " in shown for name in COMMANDS)
    assert "exit codes: 0 pass" in shown


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_has_help_with_an_example_of_its_own(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module = open_command(name)
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert module.EXAMPLE in shown
    assert module.EXAMPLE.startswith(f"cigate {name}")
    assert module.HELP.strip().replace("\n", " ")[:30] in " ".join(shown.split())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_example_is_understood_by_its_own_parser(name: str) -> None:
    build_parser([name]).parse_args(open_command(name).EXAMPLE.split()[1:])


@pytest.mark.parametrize("arguments", [["nonsense"], ["predict", "--nonsense"], ["predict", "--mode", "off"]])
def test_a_mistake_in_usage_is_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage: cigate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (NoModel("there is no model", "train one"), 3, "cigate: there is no model\n  train one\n"),
        (ConfigError("mode = 'x' is not allowed"), 2, "cigate: mode = 'x' is not allowed\n"),
        (CigateError("a\x1b[31mb\nc", "d\re"), 3, "cigate: a\\x1b[31mb\\x0ac\n  d\\x0de\n"),
        (KeyboardInterrupt(), 130, "cigate: interrupted\n"),
        (cli.Terminated(), 143, "cigate: terminated\n"),
    ],
)
def test_every_refusal_is_a_line_a_hint_and_a_number(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(arguments: list[str]) -> int:
        raise error

    monkeypatch.setattr(cli, "_run", refuse)
    assert main([]) == code
    assert capsys.readouterr().err == said


def test_an_error_in_cigate_shows_where_but_not_what(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(arguments: list[str]) -> int:
        raise KeyError("ann@example.invalid")

    monkeypatch.delenv("CIGATE_DEBUG", raising=False)
    monkeypatch.setattr(cli, "_run", break_down)
    assert main([]) == 3
    shown = capsys.readouterr().err
    assert shown.startswith("cigate: cigate broke (KeyError at test_cli.py:")
    assert "ann@" not in shown
    assert "Traceback" not in shown
    monkeypatch.setenv("CIGATE_DEBUG", "1")
    main([])
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_has_gone_is_no_traceback(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "cigate", "--print-completion", "bash"],
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (3, b"")


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_names_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--print-completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(name in script for name in COMMANDS)


def test_completion_in_bash_completes(tmp_path: Path) -> None:
    done = run_cigate("--print-completion", "bash", cwd=tmp_path)
    (tmp_path / "completion").write_text(done.stdout)
    script = (
        'source ./completion; COMP_WORDS=(cigate pre); COMP_CWORD=1; _shtab_cigate; echo "${COMPREPLY[@]}"'
    )
    shown = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["predict"]


def test_completion_without_shtab_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["--print-completion", "bash"]) == 2
    assert "pip install 'cigate[cli]'" in capsys.readouterr().err


def test_one_command_does_not_load_the_others(tmp_path: Path) -> None:
    code = (
        "import sys; from cigate.cli import main; main(['doctor', '--help']);"
        "print(sorted(m for m in sys.modules if m.startswith('cigate.commands.')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "['cigate.commands.doctor']"


def test_the_whole_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from cigate.cli import main; main(['--help']);"
        "print({'numpy', 'onnxruntime', 'pandas', 'sqlalchemy', 'rich'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "set()"


def test_install_and_uninstall_say_what_they_did(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    hook = tmp_path.resolve() / ".git" / "hooks" / "pre-push"
    assert run_cigate("install", cwd=tmp_path).stdout == f"written: {hook}\n"
    assert run_cigate("install", "--repo", ".", cwd=tmp_path).stdout == f"already there: {hook}\n"
    assert run_cigate("uninstall", cwd=tmp_path).stdout == f"removed: {hook}\n"
    done = run_cigate("uninstall", cwd=tmp_path)
    assert (done.returncode, done.stdout.startswith("nothing to remove")) == (0, True)


def test_install_into_a_tracked_folder_warns_about_committing_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "config", "core.hooksPath", ".githooks"], check=True)
    assert "keep this hook out of commits" in run_cigate("install", cwd=tmp_path).stdout


def test_outside_a_repository_the_next_step_is_named(tmp_path: Path) -> None:
    done = run_cigate("install", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "cigate: this is not a git repository\n  start cigate inside one, or name it\n"
