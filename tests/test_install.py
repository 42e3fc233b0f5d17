"""`cigate install`: nothing of anyone's is lost, every form of a repository is served, twice is once."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cigate.errors import InstallError
from cigate.git import Repository
from cigate.install import BEFORE, HOOK, LEGACY, HookState, Place, find_hook, find_place, install, uninstall
from cigate.shim import HOOK_ID, hook_bytes, library_folders, python_of, quote, read_template
from tests.repo import Repo, clean_environment

FOREIGN = b"#!/bin/sh\n# mine \xff\nexit 0\n"
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def work(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "work")
    repo.commit({"a": "x\n"})
    return repo


def place_of(repo: Repo) -> Place:
    return find_place(Repository.open(str(repo.path)))


def hooks(repo: Repo) -> Path:
    return repo.path / ".git" / "hooks"


def put(path: Path, data: bytes = FOREIGN, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return path


def listing(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file of a folder with its bytes (a link's target) and mode."""
    found = {}
    for path in sorted(folder.iterdir()):
        data = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()
        found[path.name] = (data, path.lstat().st_mode)
    return found


def test_writes_an_executable_hook_that_names_this_interpreter(work: Repo) -> None:
    assert install(place_of(work)) == f"written: {hooks(work) / HOOK}"
    data = (hooks(work) / HOOK).read_bytes()
    assert HOOK_ID in data
    assert python_of(data) == sys.executable
    assert stat.S_IMODE((hooks(work) / HOOK).stat().st_mode) & 0o111 == 0o111
    assert find_hook(place_of(work)) == HookState("cigate", HOOK, before=False, current=True)


def test_a_second_time_changes_nothing(work: Repo) -> None:
    put(hooks(work) / HOOK)
    install(place_of(work))
    before = listing(hooks(work))
    assert install(place_of(work)).startswith("already there")
    assert listing(hooks(work)) == before


def test_an_outdated_hook_is_renewed_and_keeps_what_it_chains(work: Repo) -> None:
    put(hooks(work) / HOOK)
    install(place_of(work))
    current = (hooks(work) / HOOK).read_bytes()
    (hooks(work) / HOOK).write_bytes(current.replace(os.fsencode(sys.executable), b"/gone/python"))
    assert install(place_of(work)).startswith("renewed")
    assert (hooks(work) / HOOK).read_bytes() == current
    assert (hooks(work) / BEFORE).read_bytes() == FOREIGN


@pytest.mark.parametrize("mode", [0o755, 0o644, 0o700])
def test_uninstall_puts_back_exactly_what_was_there(work: Repo, mode: int) -> None:
    put(hooks(work) / HOOK, mode=mode)
    before = listing(hooks(work))
    install(place_of(work))
    assert listing(hooks(work)) != before
    assert "is back" in uninstall(place_of(work))
    assert listing(hooks(work)) == before


def test_a_hook_that_is_a_link_is_kept_as_a_link(work: Repo) -> None:
    put(work.path / "scripts" / "check")
    hooks(work).mkdir(exist_ok=True)
    (hooks(work) / HOOK).symlink_to("../../scripts/check")
    before = listing(hooks(work))
    install(place_of(work))
    assert os.readlink(hooks(work) / BEFORE) == "../../scripts/check"
    uninstall(place_of(work))
    assert listing(hooks(work)) == before


def test_uninstall_without_a_hook_changes_nothing(work: Repo) -> None:
    put(hooks(work) / HOOK)
    before = listing(hooks(work))
    assert uninstall(place_of(work)).startswith("nothing to remove")
    assert listing(hooks(work)) == before


def test_uninstall_leaves_what_another_tool_put_over_our_hook(work: Repo) -> None:
    put(hooks(work) / HOOK)
    install(place_of(work))
    put(hooks(work) / HOOK, b"#!/bin/sh\n# of another tool\n")
    before = listing(hooks(work))
    assert BEFORE in uninstall(place_of(work))
    assert listing(hooks(work)) == before


def test_two_foreign_hooks_are_never_merged_silently(work: Repo) -> None:
    put(hooks(work) / HOOK)
    install(place_of(work))
    put(hooks(work) / HOOK, b"#!/bin/sh\n# of another tool\n")
    before = listing(hooks(work))
    with pytest.raises(InstallError, match="keeps an earlier one"):
        install(place_of(work))
    assert listing(hooks(work)) == before


def test_the_same_foreign_hook_again_is_simply_chained_again(work: Repo) -> None:
    put(hooks(work) / HOOK)
    install(place_of(work))
    put(hooks(work) / HOOK)
    install(place_of(work))
    assert (hooks(work) / BEFORE).read_bytes() == FOREIGN
    assert HOOK_ID in (hooks(work) / HOOK).read_bytes()


def test_worktrees_share_the_hook_of_the_repository(work: Repo, tmp_path: Path) -> None:
    linked = work.worktree(tmp_path / "linked", "-b", "side")
    place = place_of(linked)
    assert Path(place.folder).resolve() == hooks(work).resolve()
    install(place)
    assert find_hook(place_of(work)).own == HOOK


def test_a_bare_repository_has_its_hooks_inside(tmp_path: Path) -> None:
    bare = Repo.init(tmp_path / "bare.git", bare=True)
    install(place_of(bare))
    assert HOOK_ID in (bare.path / "hooks" / HOOK).read_bytes()


@pytest.mark.parametrize("start", [".", "src"])
def test_a_hooks_path_inside_the_work_tree_is_honoured(work: Repo, start: str) -> None:
    work.set("core.hooksPath", ".githooks")
    (work.path / "src").mkdir()
    place = find_place(Repository.open(str(work.path / start)))
    assert place.in_tree
    install(place)
    assert HOOK_ID in (work.path / ".githooks" / HOOK).read_bytes()
    assert not (hooks(work) / HOOK).exists()


def test_a_hooks_path_shared_by_other_repositories_is_refused_unless_forced(
    work: Repo, tmp_path: Path
) -> None:
    shared = tmp_path / "everyones"
    work.set("core.hooksPath", str(shared))
    with pytest.raises(InstallError, match="outside this repository") as caught:
        install(place_of(work))
    assert "--force" in caught.value.hint
    assert not shared.exists()
    install(place_of(work), force=True)
    assert install(place_of(work)).startswith("already there")
    uninstall(place_of(work))
    assert not (shared / HOOK).exists()


def test_husky_is_told_apart_because_its_hooks_go_by_their_own_name(work: Repo) -> None:
    work.set("core.hooksPath", ".husky/_")
    put(work.path / ".husky" / "_" / HOOK)
    with pytest.raises(InstallError, match="husky") as caught:
        install(place_of(work))
    assert "cigate init" in caught.value.hint


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling"])
def test_what_is_no_regular_file_is_refused_and_left(work: Repo, kind: str) -> None:
    hooks(work).mkdir(exist_ok=True)
    hook = hooks(work) / HOOK
    if kind == "folder":
        hook.mkdir()
    elif kind == "pipe":
        os.mkfifo(hook)
    else:
        hook.symlink_to("nowhere")
    with pytest.raises(InstallError, match=r"no regular file|link to nothing"):
        install(place_of(work))
    assert sorted(p.name for p in hooks(work).iterdir() if not p.name.endswith(".sample")) == [HOOK]


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Drop root's right to write everywhere for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("foreign", [False, True])
def test_a_folder_that_may_not_be_written_is_named_and_nothing_is_lost(tmp_path: Path, foreign: bool) -> None:
    folder = tmp_path / "hooks"
    folder.mkdir()
    if foreign:
        put(folder / HOOK)
    before = listing(folder)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    folder.chmod(0o555)
    with ordinary_user(), pytest.raises(InstallError, match="Permission denied") as caught:
        install(Place(str(folder)))
    assert "nothing was changed" in caught.value.hint
    assert listing(folder) == before


def test_a_folder_that_cannot_be_made_is_named(work: Repo) -> None:
    (work.path / "flat").write_text("a file\n")
    work.set("core.hooksPath", "flat")
    with pytest.raises(InstallError, match="flat"):
        install(place_of(work))


def pre_commit(repo: Repo, *args: str) -> None:
    """Run the real pre-commit in `repo`."""
    (repo.path / ".pre-commit-config.yaml").write_text("repos: []\n")
    subprocess.run(
        [sys.executable, "-m", "pre_commit", *args],
        cwd=repo.path,
        env=clean_environment() | {"PRE_COMMIT_HOME": str(repo.path.parent / "pc")},
        check=True,
        capture_output=True,
    )


def test_after_pre_commit_its_hook_is_recognised_and_chained(work: Repo) -> None:
    pre_commit(work, "install", "-t", "pre-push")
    assert find_hook(place_of(work)).first == "pre-commit"
    before = listing(hooks(work))
    install(place_of(work))
    assert b"generated by pre-commit" in (hooks(work) / BEFORE).read_bytes()
    uninstall(place_of(work))
    assert listing(hooks(work)) == before


def test_before_pre_commit_our_hook_becomes_its_legacy_and_is_found_there(work: Repo) -> None:
    install(place_of(work))
    pre_commit(work, "install", "-t", "pre-push")
    before = listing(hooks(work))
    assert find_hook(place_of(work)) == HookState("pre-commit", LEGACY, before=False, current=True)
    assert install(place_of(work)).endswith(LEGACY)
    assert listing(hooks(work)) == before
    uninstall(place_of(work))
    assert not (hooks(work) / LEGACY).exists()
    assert (hooks(work) / HOOK).exists()


def test_pre_commit_before_and_after_leaves_nothing_of_ours_behind(work: Repo) -> None:
    pre_commit(work, "install", "-t", "pre-push")
    before = listing(hooks(work))
    install(place_of(work))
    pre_commit(work, "install", "-t", "pre-push")
    assert find_hook(place_of(work)) == HookState("pre-commit", LEGACY, before=True, current=True)
    uninstall(place_of(work))
    assert listing(hooks(work)) == before


def test_a_kept_foreign_hook_goes_to_pre_commit_when_we_leave(work: Repo) -> None:
    put(hooks(work) / HOOK)
    install(place_of(work))
    pre_commit(work, "install", "-t", "pre-push")
    uninstall(place_of(work))
    assert (hooks(work) / LEGACY).read_bytes() == FOREIGN
    assert not (hooks(work) / BEFORE).exists()


def test_paths_of_any_form_survive_the_shell() -> None:
    for python in ("/a b/py", "/it's/py", "/$HOME/`x`/py\\n", "/ü/py"):
        data = hook_bytes(python, ["/lib ü/it's"])
        assert python_of(data) == python
        word = quote(os.fsencode(python))
        shown = subprocess.run([b"/bin/sh", b"-c", b"printf %s " + word], capture_output=True, check=True)
        assert shown.stdout == os.fsencode(python)
        assert subprocess.run(["/bin/sh", "-n"], input=data, check=False).returncode == 0


def test_an_interpreter_without_a_path_is_refused() -> None:
    with pytest.raises(InstallError, match="own path"):
        hook_bytes("")


def test_the_named_folders_are_all_that_cigate_needs(tmp_path: Path) -> None:
    """Isolated and without site, the hook's modules and onnxruntime must be importable from them."""
    code = f"import sys; sys.path += {library_folders()!a}; import cigate.hook, cigate.judging, onnxruntime"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, check=True)


def test_an_installation_that_needs_import_hooks_starts_through_site() -> None:
    """Without folders to name, the hook's Python imports site itself."""
    data = hook_bytes(sys.executable, [])
    start = data.split(b"START='", 1)[1].split(b"\n'\n", 1)[0].replace(b"'\\''", b"'").decode()
    code = start.replace("from cigate.hook import native", "import cigate.hook, pytest").replace(
        "native()", ""
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd="/", check=True)


def test_the_template_is_the_one_of_this_checkout() -> None:
    assert read_template() == (ROOT / "hooks" / "pre-push").read_bytes()
