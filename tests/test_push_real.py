"""Real pushes to real bare remotes, judged by the native hook and through pre-commit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cigate.git import Repository
from cigate.install import BEFORE, find_place, install
from cigate.model import Thresholds, write_bundle
from tests.judged import HARMLESS, LAST_BUILD_AT, RISKY, Judged, install_pre_commit, past, said, wary_bundle

FORMS = ("native", "pre-commit")
WARNING = "likely to break CI: 100 %"
FINE = "looks fine: 0 %"
MORE_HARMLESS = {"README.md": "more words\n"}


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged.make(tmp_path)


@pytest.fixture(params=FORMS)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Judged:
    """Return a repository whose hook is of either form."""
    return Judged.make(tmp_path, form=request.param)


def first_line(text: str) -> str:
    return text.splitlines()[0]


# What every push meets, in both forms.


def test_a_harmless_push_passes_with_one_line(either: Judged) -> None:
    tip = either.work.commit(HARMLESS)
    code, text = either.push("main")
    assert code == 0
    assert text.startswith(f"cigate  main -> origin   {FINE}")
    assert text.count("\n") == 1
    assert either.sees("main") == tip


def test_a_risky_push_is_warned_about_and_goes_on(either: Judged) -> None:
    tip = either.work.commit(RISKY)
    code, text = either.push("main")
    assert code == 0
    assert WARNING in first_line(text)
    assert "  why   it changes CI configuration files\n" in text
    assert "  past  model of 2023-11-14 · history " in text
    assert either.sees("main") == tip


def test_block_mode_refuses_and_no_verify_passes(either: Judged) -> None:
    before = either.sees("main")
    (either.work.path / ".cigate.toml").write_text('mode = "block"\n')
    tip = either.work.commit(RISKY)
    code, text = either.push("main")
    assert code == 1
    assert "git push --no-verify goes on all the same" in text
    assert either.sees("main") == before
    assert either.work.push("--no-verify", "main").returncode == 0
    assert either.sees("main") == tip


def test_a_new_branch_is_judged_by_what_no_remote_has(either: Judged) -> None:
    either.work.checkout("side", "main")
    either.work.commit(RISKY)
    code, text = either.push("side")
    assert code == 0
    assert first_line(text).startswith(f"cigate  side -> origin   {WARNING}")


def test_a_new_branch_without_new_commits_brings_nothing(either: Judged) -> None:
    either.work.branch("copy")
    code, text = either.push("copy")
    assert code == 0
    assert text in ("", "cigate  copy -> origin   nothing new to judge\n")


def test_after_a_rebase_only_the_rebased_commits_count(either: Judged) -> None:
    """The range between old and new tip would hold main's risky commit too."""
    work = either.work
    work.checkout("side", "main")
    work.commit(HARMLESS)
    either.push("side")
    work.checkout("main")
    work.commit(RISKY)
    work.push("--no-verify", "main")
    work.checkout("side")
    work.git("rebase", "-q", "main")
    code, text = either.push("--force", "side")
    assert code == 0
    assert first_line(text).startswith(f"cigate  side -> origin   {FINE}")


def test_merging_main_does_not_count_mains_commits(either: Judged) -> None:
    work = either.work
    work.checkout("side", "main")
    work.commit(HARMLESS)
    either.push("side")
    work.checkout("main")
    work.commit(RISKY)
    work.push("--no-verify", "main")
    work.checkout("side")
    work.merge("main")
    work.commit(MORE_HARMLESS)
    code, text = either.push("side")
    assert code == 0
    assert first_line(text).startswith(f"cigate  side -> origin   {FINE}")


def test_a_detached_head_is_judged_as_the_branch_it_goes_to(either: Judged) -> None:
    either.work.git("checkout", "-q", "--detach")
    tip = either.work.commit(RISKY)
    code, text = either.push("HEAD:refs/heads/main")
    assert code == 0
    assert first_line(text).startswith(f"cigate  main -> origin   {WARNING}")
    assert either.sees("main") == tip


def test_a_deletion_is_none_of_our_business(either: Judged) -> None:
    either.work.push("--no-verify", "main:side")
    code, text = either.push("--delete", "side")
    assert (code, text) == (0, "")
    assert not either.sees("side")


def test_nothing_to_push_says_nothing(either: Judged) -> None:
    assert either.push("main") == (0, "")


@pytest.mark.parametrize("annotated", [False, True])
def test_a_tag_of_new_commits_is_judged(either: Judged, annotated: bool) -> None:
    either.work.commit(RISKY)
    either.work.tag("v1", annotated=annotated)
    code, text = either.push("v1")
    assert code == 0
    assert first_line(text).startswith(f"cigate  tag v1 -> origin   {WARNING}")


@pytest.mark.parametrize("annotated", [False, True])
def test_a_tag_of_known_commits_brings_nothing(either: Judged, annotated: bool) -> None:
    either.work.tag("v1", annotated=annotated)
    code, text = either.push("v1")
    assert code == 0
    assert text in ("", "cigate  tag v1 -> origin   nothing new to judge\n")


def test_the_first_push_to_an_empty_remote_is_judged_whole(either: Judged) -> None:
    either.work.bare_remote("empty")
    either.work.git("update-ref", "-d", "refs/remotes/origin/main")
    either.work.commit(RISKY)
    done = either.work.push("main", remote="empty")
    assert done.returncode == 0
    assert f"cigate  main -> empty   {WARNING}" in said(done.stdout + done.stderr)


def test_a_push_by_url_is_judged_and_names_the_url(either: Judged) -> None:
    either.work.commit(RISKY)
    url = str(either.remote.path)
    done = either.work.push("main", remote=url)
    assert done.returncode == 0
    assert f"cigate  main -> {url}   likely to break CI" in said(done.stdout + done.stderr)


def test_a_branch_that_is_not_covered_is_not_judged(either: Judged) -> None:
    (either.work.path / "setup.cfg").write_text("[cigate]\nbranches = release/*\n")
    either.work.commit(RISKY)
    assert either.push("main") == (0, "")


def test_mode_off_judges_nothing(either: Judged) -> None:
    either.work.commit(RISKY)
    assert either.push("main", env={"CIGATE_MODE": "off"}) == (0, "")


def test_quiet_silences_a_pass_only(either: Judged) -> None:
    either.work.commit(HARMLESS)
    assert either.push("main", env={"CIGATE_QUIET": "true"}) == (0, "")
    either.work.commit(RISKY)
    assert WARNING in either.push("main", env={"CIGATE_QUIET": "true"})[1]


# A guard that is broken: visible, and no obstacle unless asked to be one.


def expect_not_judged(judged: Judged, why: str) -> None:
    """Push something: it goes on with one line, and is refused where on-error says block."""
    judged.work.commit(RISKY)
    code, text = judged.push("main", env={"CIGATE_ON_ERROR": "block"})
    assert code == 1
    assert text.startswith("cigate  not judged: ")
    assert 'The push is refused (on-error = "block").' in text
    code, text = judged.push("main")
    assert code == 0
    assert text.count("\n") == 1
    assert text.startswith("cigate  not judged: ")
    assert why in text
    assert text.endswith("The push goes on.\n")


def test_without_model_and_history_the_line_says_how_to_get_them(either: Judged) -> None:
    for path in (either.state / "model").iterdir():
        path.unlink()
    expect_not_judged(either, "cigate import csv")


def test_without_a_model_the_starter_judges(either: Judged) -> None:
    for path in (either.state / "model").iterdir():
        path.unlink()
    (either.state / "history.bin").write_bytes(past(red="main"))
    either.work.commit(HARMLESS)
    code, text = either.push("main")
    assert code == 0
    assert "already red" in text
    assert "starter model of " in text


def test_a_damaged_model_is_not_used(either: Judged) -> None:
    path = either.state / "model" / "model.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    expect_not_judged(either, "model.onnx")


def test_an_empty_history_cannot_judge(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, wary_bundle(history=past(0)))
    expect_not_judged(judged, "the history is empty")


def test_a_damaged_history_cannot_judge(judged: Judged) -> None:
    (judged.state / "history.bin").write_bytes(b"no history at all")
    expect_not_judged(judged, "history.bin")


def test_a_configuration_with_a_typo_is_named(either: Judged) -> None:
    (either.work.path / ".cigate.toml").write_text('mode = "blokc"\n')
    expect_not_judged(either, "mode = 'blokc' is not allowed")


def test_strictness_in_a_file_holds_where_the_rest_of_it_is_unusable(judged: Judged) -> None:
    (judged.work.path / ".cigate.toml").write_text('mode = "blokc"\non-error = "block"\n')
    judged.work.commit(RISKY)
    assert judged.push("main")[0] == 1


def test_a_shallow_clone_says_how_to_deepen(judged: Judged, tmp_path: Path) -> None:
    judged.work.commit(HARMLESS)
    judged.push("main")
    shallow = judged.remote.clone(tmp_path / "shallow", "--depth=1")
    install(find_place(Repository.open(str(shallow.path))))
    write_bundle(str(shallow.path / ".git" / "cigate" / "model"), wary_bundle())
    shallow.git("remote", "rename", "origin", "upstream")
    shallow.git("update-ref", "-d", "refs/remotes/upstream/main")
    done = shallow.push("main:refs/heads/new", remote=str(judged.remote.path))
    assert done.returncode == 0
    assert "git fetch --deepen" in said(done.stderr)


def test_a_model_that_may_not_block_warns_and_says_why(tmp_path: Path) -> None:
    limits = Thresholds(0.5, None, "too few builds to prove it")
    judged = Judged.make(tmp_path, wary_bundle(thresholds=limits))
    judged.work.commit(RISKY)
    code, text = judged.push("main", env={"CIGATE_MODE": "block"})
    assert code == 0
    assert "too few builds to prove it" in text


def test_a_red_branch_is_told_as_red_and_never_blocked(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, wary_bundle(history=past(red="main")))
    judged.work.commit(RISKY)
    code, text = judged.push("main", env={"CIGATE_MODE": "block"})
    assert code == 0
    assert "already red (3 builds, " in first_line(text)


def test_the_newer_history_counts(judged: Judged) -> None:
    (judged.state / "history.bin").write_bytes(past(red="main"))
    judged.work.commit(RISKY)
    assert "already red" in judged.push("main")[1]


# What only the native form can do.


def test_every_ref_of_a_push_is_judged(judged: Judged) -> None:
    judged.work.checkout("a", "main")
    judged.work.commit(HARMLESS)
    judged.work.checkout("b", "main")
    judged.work.commit(RISKY)
    judged.work.tag("v1")
    judged.work.push("--no-verify", "main:gone")
    code, text = judged.push("a", "b", "v1", ":gone")
    assert code == 0
    lines = text.splitlines()
    assert lines[0] == "cigate  tag v1 -> origin   nothing new to judge"
    assert lines[1].startswith(f"cigate  a -> origin   {FINE}")
    assert lines[2].startswith(f"cigate  b -> origin   {WARNING}")


def test_one_risky_ref_refuses_the_whole_push(judged: Judged) -> None:
    judged.work.checkout("a", "main")
    judged.work.commit(HARMLESS)
    judged.work.checkout("b", "main")
    judged.work.commit(RISKY)
    code, _ = judged.push("a", "b", env={"CIGATE_MODE": "block"})
    assert code == 1
    assert not judged.sees("a")


def test_notes_and_other_refs_start_no_build(judged: Judged) -> None:
    judged.work.git("notes", "add", "-m", "a note")
    assert judged.push("refs/notes/commits") == (0, "")


def test_all_of_it_works_with_sha256(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, object_format="sha256")
    judged.work.commit(RISKY)
    assert WARNING in judged.push("main")[1]


def test_a_push_from_a_linked_worktree_is_judged_by_the_shared_model(judged: Judged, tmp_path: Path) -> None:
    linked = judged.work.worktree(tmp_path / "linked", "-b", "side")
    (linked.path / ".cigate.toml").write_text('mode = "block"\n')
    linked.commit(RISKY)
    done = linked.push("side")
    assert done.returncode == 1
    assert f"cigate  side -> origin   {WARNING}" in said(done.stderr)


def test_a_push_from_a_folder_below_the_top_reads_the_configuration_at_the_top(judged: Judged) -> None:
    (judged.work.path / ".cigate.toml").write_text('mode = "block"\n')
    judged.work.commit(RISKY)
    assert judged.work.git_raw("push", "origin", "main", cwd=judged.work.path / "src").returncode == 1


def test_the_push_commands_own_output_is_left_alone(judged: Judged) -> None:
    """`git push --porcelain` is read by programs: nothing of ours may stand on its stdout."""
    judged.work.commit(RISKY)
    done = judged.work.push("--porcelain", "main")
    assert b"cigate" not in done.stdout
    assert WARNING in said(done.stderr)


def test_names_with_hostile_characters_are_shown_escaped(judged: Judged) -> None:
    branch = "x\u202ey"
    judged.work.checkout(branch, "main")
    judged.work.commit(RISKY)
    _, text = judged.push(branch)
    assert first_line(text).startswith("cigate  x\\u202ey -> origin")


# The shim.


def start_instead(judged: Judged, python: Path) -> None:
    """Let the shim start something else than this Python."""
    line = b"PYTHON='" + os.fsencode(python) + b"'"
    lines = judged.hook.read_bytes().split(b"\n")
    judged.hook.write_bytes(b"\n".join(line if x.startswith(b"PYTHON=") else x for x in lines))


def script_at(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_python_that_is_gone_is_said_and_no_obstacle(judged: Judged) -> None:
    start_instead(judged, Path("/gone/py"))
    expect_not_judged(judged, "its Python (/gone/py) is gone; run cigate install again.")


def test_strictness_of_the_shim_is_read_from_the_files_too(judged: Judged) -> None:
    start_instead(judged, Path("/gone/py"))
    top = judged.work.path
    (top / "setup.cfg").write_text("[cigate]\non-error = block\n")
    assert judged.work.push("main:a").returncode == 1
    (top / "pyproject.toml").write_text("[tool.other]\non-error = 'block'\n[tool.cigate]\nmode = 'warn'\n")
    assert judged.work.push("main:b").returncode == 0
    (top / "pyproject.toml").write_text("[tool.cigate]\nmode = 'warn'\non_error='block' # strict\n[x]\n")
    assert judged.work.push("main:c").returncode == 1
    (top / ".cigate.toml").write_text("quiet = true\n")
    assert judged.work.push("main:d").returncode == 0
    (top / ".cigate.toml").write_text('quiet = true\n  on-error = "block"\n')
    assert judged.work.push("main:e").returncode == 1
    assert judged.work.push("main:f", env={"CIGATE_ON_ERROR": "pass"}).returncode == 0
    judged.work.set("core.worktree", str(top / "src"))  # which has no configuration
    assert judged.work.push("main:g").returncode == 0


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 1", "cigate broke off (exit code 1)"),
        ("exit 11", "no longer has cigate; run cigate install again."),
        ("exit 127", "cigate broke off (exit code 127)"),
        ("kill -SEGV $$", "cigate was stopped by signal 11."),
        ("kill -KILL $$", "cigate was stopped by signal 9."),
    ],
)
def test_whatever_breaks_python_is_said_and_no_obstacle(
    judged: Judged, tmp_path: Path, script: str, why: str
) -> None:
    start_instead(judged, script_at(tmp_path / "py", script))
    expect_not_judged(judged, why)


def test_an_interrupted_judgement_stops_the_push(judged: Judged, tmp_path: Path) -> None:
    """Ctrl-C means stop: neither `judged` nor `goes on`."""
    start_instead(judged, script_at(tmp_path / "py", "exit 130"))
    judged.work.commit(HARMLESS)
    assert judged.push("main") == (1, "")


def test_a_cigate_that_was_uninstalled_is_said_and_no_obstacle(judged: Judged) -> None:
    hook = judged.hook
    hook.write_bytes(hook.read_bytes().replace(b"sys.path += [", b"sys.path += []; unused = ["))
    expect_not_judged(judged, "no longer has cigate; run cigate install again.")


def test_a_time_limit_ends_the_wait(judged: Judged) -> None:
    (judged.work.path / ".cigate.toml").write_text("time-limit = 0.001\n")
    expect_not_judged(judged, "the time limit of 0.001 s passed")


FOREIGN = """#!/bin/sh
echo "foreign $*" >>"$LOG"
cat >>"$LOG"
exit ${FOREIGN_CODE:-0}
"""


def with_foreign(judged: Judged, tmp_path: Path, script: str = FOREIGN) -> Path:
    """Put a foreign hook where it was before cigate came; return its log."""
    before = judged.hook.with_name(BEFORE)
    before.write_text(script)
    before.chmod(0o755)
    judged.work.env["LOG"] = str(tmp_path / "log")
    return tmp_path / "log"


def test_a_foreign_hook_runs_first_with_the_same_input_and_arguments(judged: Judged, tmp_path: Path) -> None:
    log = with_foreign(judged, tmp_path)
    before, tip = judged.work.head(), judged.work.commit(RISKY)
    code, text = judged.push("main")
    assert code == 0
    assert WARNING in text
    url = judged.remote.path
    assert log.read_text() == f"foreign origin {url}\nrefs/heads/main {tip} refs/heads/main {before}\n"


def test_the_refusal_of_a_foreign_hook_stands_and_nothing_is_judged(judged: Judged, tmp_path: Path) -> None:
    with_foreign(judged, tmp_path)
    judged.work.env["FOREIGN_CODE"] = "7"
    judged.work.commit(RISKY)
    code, text = judged.push("main")
    assert (code, text) == (1, "")


def test_a_foreign_hook_that_reads_nothing_does_not_break_the_pipe(judged: Judged, tmp_path: Path) -> None:
    with_foreign(judged, tmp_path, "#!/bin/sh\nexec 0<&-\nexit 0\n")
    judged.work.commit(RISKY)
    code, text = judged.push("main")
    assert code == 0
    assert WARNING in text


def test_a_foreign_hook_that_git_would_not_run_is_not_run(judged: Judged, tmp_path: Path) -> None:
    with_foreign(judged, tmp_path)
    judged.hook.with_name(BEFORE).chmod(0o644)
    judged.work.commit(RISKY)
    assert WARNING in judged.push("main")[1]
    assert not (tmp_path / "log").exists()


# Together with pre-commit.


def test_chained_before_pre_commit_every_ref_is_seen(judged: Judged, tmp_path: Path) -> None:
    """cigate install, then pre-commit install: ours becomes its legacy hook and gets the full input."""
    (tmp_path / "config.yaml").write_text("repos: []\n")
    install_pre_commit(judged.work, tmp_path / "config.yaml")
    (tmp_path / "config.yaml").write_text("repos: []\n")
    judged.work.checkout("a", "main")
    judged.work.commit(HARMLESS)
    judged.work.checkout("b", "main")
    judged.work.commit(RISKY)
    code, text = judged.push("a", "b")
    assert code == 0
    assert FINE in text
    assert WARNING in text
    judged.work.commit({".github/workflows/other.yml": "x\n"})
    assert judged.push("b", env={"CIGATE_MODE": "block"})[0] == 1


def test_chained_after_pre_commit_ours_alone_judges(tmp_path: Path) -> None:
    """pre-commit install, then cigate install: its entry shows only one ref, and leaves it to ours."""
    judged = Judged.make(tmp_path, form="pre-commit")
    install(find_place(Repository.open(str(judged.work.path))))
    judged.work.commit(RISKY)
    code, text = judged.push("main")
    assert code == 0
    assert text.count(WARNING) == 1
    assert "pre-commit shows the first ref only" not in text


def test_pre_commit_on_both_sides_does_not_go_round_in_circles(tmp_path: Path) -> None:
    """pre-commit, cigate, pre-commit again: its older self is what we kept, and must not run twice."""
    judged = Judged.make(tmp_path, form="pre-commit")
    install(find_place(Repository.open(str(judged.work.path))))
    install_pre_commit(judged.work, tmp_path / "pre-commit-config.yaml")
    judged.work.commit(RISKY)
    done = judged.work.push("main")
    assert done.returncode == 0, done.stderr
    assert said(done.stdout + done.stderr).count(WARNING) == 1


def test_through_pre_commit_only_the_first_ref_is_seen_and_that_is_said(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, form="pre-commit")
    judged.work.checkout("a", "main")
    judged.work.commit(HARMLESS)
    judged.work.checkout("b", "main")
    judged.work.commit(RISKY)
    code, text = judged.push("a", "b")
    assert code == 0
    assert "pre-commit shows the first ref only" in text
    assert text.count("cigate  ") == 1


def test_the_history_is_as_old_as_its_last_build(judged: Judged) -> None:
    judged.work.commit(RISKY)
    text = judged.push("main")[1]
    assert LAST_BUILD_AT < 1_700_000_000
    assert " days old" in text
