"""Entering cigate into a hook manager's file: only where the place is sure, and nothing else is touched."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from cigate.managers import (
    MANAGERS,
    find_manager,
    hooks_path,
    husky,
    lefthook,
    names_cigate,
    pre_commit,
    prek,
)

PRE_COMMIT = """\
# our hooks
minimum_pre_commit_version: "4.0.0"
repos:
  - repo: https://example.invalid/hooks   # pinned
    rev: v1
    hooks:
      - id: black
        args: [--fast]

  # the last one
  - repo: local
    hooks:
      - id: words
        entry: |
          repos: a trap
        language: system
# a word at the end
ci:
  autofix_prs: false
"""
LEFTHOOK = """\
# before commits
pre-commit:
  parallel: true
  commands:
    lint: {run: make lint}
pre-push:   # before pushes
    follow: true
    commands:
        audit:
            run: make audit   # slow

    scripts:
        "x.sh": {runner: sh}
post-merge:
  commands:
    a: {run: "true"}
"""


def added_lines(old: str, new: str) -> list[str]:
    """Return the lines that `new` has more, after proving that the others stand there in their order."""
    rest = iter(old.splitlines())
    wanted = next(rest, None)
    added = []
    for line in new.splitlines():
        if line == wanted:
            wanted = next(rest, None)
        else:
            added.append(line)
    assert wanted is None, f"lost: {wanted}"
    return added


def entered(manager: Any, text: str, file: str = "x.yml") -> str:
    new = manager.add_entry(text, file)
    assert new is not None
    assert names_cigate(new)
    return str(new)


def test_pre_commit_gets_one_more_repository() -> None:
    """The file means what it meant, plus the hook, and keeps every comment."""
    new = entered(pre_commit, PRE_COMMIT)
    assert added_lines(PRE_COMMIT, new)[0] == pre_commit.TYPES_LINE
    before, after = yaml.safe_load(PRE_COMMIT), yaml.safe_load(new)
    *others, own = after["repos"]
    assert others == before["repos"]
    (hook,) = own["hooks"]
    assert hook["stages"] == ["pre-push"]
    assert hook["verbose"]
    assert hook["always_run"]
    assert hook["pass_filenames"] is False
    assert after.pop("default_install_hook_types") == ["pre-commit", "pre-push"]
    assert after | {"repos": others} == before


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("[pre-commit]", ["pre-commit", "pre-push"]),
        ("[pre-commit, pre-push]", ["pre-commit", "pre-push"]),
        ("[commit-msg ] # ours", ["commit-msg", "pre-push"]),
    ],
)
def test_pre_commit_hook_types_are_added_to(said: str, expected: list[str]) -> None:
    text = f"default_install_hook_types: {said}\n{PRE_COMMIT}"
    assert yaml.safe_load(entered(pre_commit, text))["default_install_hook_types"] == expected


def test_lists_that_are_not_indented_stay_so() -> None:
    """`- repo` at the margin is as common as two spaces before it."""
    text = "repos:\n- repo: local\n  hooks:\n  - id: a\n    entry: a\n"
    new = entered(pre_commit, text)
    assert "\n- repo: local\n  hooks:\n    - id: cigate\n" in new
    assert [len(repo["hooks"]) for repo in yaml.safe_load(new)["repos"]] == [1, 1]


def test_lefthook_gets_a_command_among_its_commands() -> None:
    """Indentation is the file's own, and `use_stdin` is there: without it git's lines are lost."""
    new = entered(lefthook, LEFTHOOK)
    added_lines(LEFTHOOK, new)
    before, after = yaml.safe_load(LEFTHOOK), yaml.safe_load(new)
    command = after["pre-push"]["commands"].pop("cigate")
    assert command["use_stdin"] is True
    assert command["run"].endswith('cigate-hook "{1}" "{2}"\n')
    assert after == before


def test_lefthook_gets_a_job_where_there_are_jobs() -> None:
    text = "pre-push:\n  jobs:\n    - name: a\n      run: make\n"
    jobs = yaml.safe_load(entered(lefthook, text))["pre-push"]["jobs"]
    assert [job["name"] for job in jobs] == ["a", "cigate"]
    assert jobs[1]["use_stdin"] is True


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "pre-commit:\n  jobs:\n    - run: make\n"])
def test_lefthook_gets_a_hook_where_there_is_none(text: str) -> None:
    new = entered(lefthook, text)
    assert new.startswith(text)
    assert set(yaml.safe_load(new)["pre-push"]["commands"]) == {"cigate"}


def test_prek_gets_a_table_of_its_own() -> None:
    text = '# ours\n[[repos]]\nrepo = "local"\nhooks = [{ id = "a", entry = "a", language = "system" }]\n'
    new = entered(prek, text, "prek.toml")
    added_lines(text, new)
    after = tomllib.loads(new)
    assert after["repos"][:-1] == tomllib.loads(text)["repos"]
    assert after["repos"][-1]["hooks"][0]["stages"] == ["pre-push"]
    assert after["default_install_hook_types"] == ["pre-commit", "pre-push"]


@pytest.mark.parametrize(
    ("manager", "text", "file"),
    [
        (pre_commit, "repos: []\n", "a.yaml"),
        (pre_commit, "repos: [{repo: local, hooks: []}]\n", "a.yaml"),
        (pre_commit, "fail_fast: true\n", "a.yaml"),
        (pre_commit, "repos:\n", "a.yaml"),
        (pre_commit, "repos:\n  - repo: a\nrepos:\n  - repo: b\n", "a.yaml"),
        (pre_commit, "repos:\n  - repo: a\n---\nrepos:\n", "a.yaml"),
        (pre_commit, "repos: &all\n  - repo: a\n", "a.yaml"),
        (lefthook, "pre-push: {commands: {a: {run: make}}}\n", "lefthook.yml"),
        (lefthook, "pre-push:\n  scripts:\n    a.sh: {runner: sh}\n", "lefthook.yml"),
        (lefthook, "pre-push:\n  commands:\n", "lefthook.yml"),
        (lefthook, '{"pre-push": {}}', "lefthook.yml"),
        (lefthook, "[pre-push]\nparallel = true\n", "lefthook.toml"),
        (lefthook, '{"pre-push": {}}', "lefthook.json"),
        (prek, "repos = []\n", "prek.toml"),
        (prek, "repos = [\n", "prek.toml"),
        (husky, "#!/usr/bin/env node\nconsole.log(1)\n", ".husky/pre-push"),
        (hooks_path, "#!/usr/bin/python3\nprint(1)\n", "hooks/pre-push"),
        (hooks_path, "#!/bin/sh\r\nmake\r\n", "hooks/pre-push"),
    ],
)
def test_what_is_not_plain_is_left_to_a_person(manager: Any, text: str, file: str) -> None:
    assert manager.add_entry(text, file) is None


def test_line_ends_are_kept() -> None:
    new = entered(pre_commit, PRE_COMMIT.replace("\n", "\r\n"))
    assert new.count("\n") == new.count("\r\n")
    new = entered(prek, "# ours\r\nfail_fast = true\r\n", "prek.toml")
    assert new.count("\n") == new.count("\r\n")


@pytest.mark.parametrize("name", MANAGERS)
def test_snippets_and_entries_are_known_again(name: str) -> None:
    """What a person adds by hand counts as done the next time; a comment about it does not."""
    assert names_cigate(MANAGERS[name].SNIPPET)
    assert not names_cigate("# cigate-hook would be nice\n#  - id: cigate\nmake\n")


def test_whose_hook_stands_there_goes_first(tmp_path: Path) -> None:
    """Two managers are configured in many repositories; the one that git starts has the say."""
    (tmp_path / "lefthook.yml").write_text("")
    (tmp_path / ".pre-commit-config.yaml").write_text(PRE_COMMIT)
    hook = b"#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n"
    assert find_manager(str(tmp_path), "", b"") == (lefthook, "lefthook.yml")
    assert find_manager(str(tmp_path), "", hook) == (pre_commit, ".pre-commit-config.yaml")
    assert find_manager(str(tmp_path), "git/hooks", b"") == (hooks_path, "git/hooks/pre-push")
    assert find_manager(str(tmp_path / "nowhere"), "", b"") is None


# A team's script: what its own lines see of git's input.

SHELLS = ("sh", "bash")
REFS = "refs/heads/a b 1 refs/heads/a 2\nrefs/heads/$x 3 refs/heads/`y` 4\n"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("refs", [REFS, ""], ids=["refs", "nothing"])
@pytest.mark.parametrize("found", [True, False], ids=["cigate", "no-cigate"])
def test_the_lines_below_read_what_git_wrote(tmp_path: Path, shell: str, refs: str, found: bool) -> None:
    """cigate is asked first, and whatever stands below sees the same input as before."""
    old = '#!/bin/sh\nset -e\ncat > below\necho "$@" > arguments\n'
    script = tmp_path / "pre-push"
    script.write_text(entered(hooks_path, old, "pre-push"))
    added_lines(old, script.read_text())
    if found:
        (tmp_path / "cigate-hook").write_text('#!/bin/sh\ncat > asked\necho "$@" >> asked\n')
        (tmp_path / "cigate-hook").chmod(0o755)
    done = subprocess.run(
        [shell, "-e", script, "origin", "url"],
        cwd=tmp_path,
        input=refs,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "below").read_text() == refs
    assert (tmp_path / "arguments").read_text() == "origin url\n"
    assert ("not installed" in done.stderr) is not found
    assert (tmp_path / "asked").exists() is (found and bool(refs))
    if found and refs:
        assert (tmp_path / "asked").read_text() == refs + "origin url\n"


def test_a_refusal_ends_the_script(tmp_path: Path) -> None:
    (tmp_path / "cigate-hook").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "cigate-hook").chmod(0o755)
    (tmp_path / "pre-push").write_text(entered(husky, "touch below\n", "pre-push"))
    done = subprocess.run(
        ["sh", "pre-push"],
        cwd=tmp_path,
        input=REFS,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert not (tmp_path / "below").exists()


def test_the_first_line_of_old_husky_stays_first() -> None:
    old = '#!/usr/bin/env sh\n. "$(dirname -- "$0")/_/husky.sh"\n\nnpm test\n'
    new = entered(husky, old, ".husky/pre-push")
    assert new.startswith('#!/usr/bin/env sh\n. "$(dirname -- "$0")/_/husky.sh"\n# cigate')
    assert new.endswith("\n\nnpm test\n")
