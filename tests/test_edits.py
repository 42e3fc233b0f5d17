"""A user's file is changed as a whole, as shown, and only where it is still what was read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cigate import edits
from cigate.edits import Edit, read_text, write_edit
from cigate.errors import InstallError


def test_a_diff_shows_every_line_of_a_new_file() -> None:
    lines = Edit("a/b", None, "one\ntwo\n").diff()
    assert lines == ["--- /dev/null", "+++ b/a/b", "@@ -0,0 +1,2 @@", "+one", "+two"]


def test_a_diff_shows_what_changes() -> None:
    lines = Edit("a", "one\ntwo\n", "one\n2\n").diff()
    assert lines[2:] == ["@@ -1,2 +1,2 @@", " one", "-two", "+2"]


def test_a_file_is_made_with_its_folders(tmp_path: Path) -> None:
    write_edit(str(tmp_path), Edit("a/b/c", None, "x\r\ny\n", executable=True))
    made = tmp_path / "a" / "b" / "c"
    assert made.read_bytes() == b"x\r\ny\n"
    assert made.stat().st_mode & stat.S_IXUSR
    assert os.listdir(made.parent) == ["c"], "nothing is left beside it"


def test_a_changed_file_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old\n")
    (tmp_path / "a").chmod(0o750)
    write_edit(str(tmp_path), Edit("a", "old\n", "new\n"))
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o750
    assert read_text(str(tmp_path), "a") == "new\n"


@pytest.mark.parametrize("old", ["old\n", None], ids=["changed", "new"])
def test_what_changed_in_the_meantime_is_left_alone(tmp_path: Path, old: str | None) -> None:
    (tmp_path / "a").write_text("somebody else's\n")
    with pytest.raises(InstallError, match="changed in the meantime"):
        write_edit(str(tmp_path), Edit("a", old, "new\n"))
    assert (tmp_path / "a").read_text() == "somebody else's\n"


def test_a_missing_file_reads_as_none(tmp_path: Path) -> None:
    assert read_text(str(tmp_path), "no/such") is None


@pytest.mark.parametrize("kind", ["link", "folder", "outside", "fifo", "latin", "large"])
def test_what_is_no_plain_text_of_the_tree_is_refused(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link may lead to a file of everybody's; what is not text cannot be shown."""
    top, name = tmp_path / "tree", "a"
    top.mkdir()
    if kind == "link":
        (tmp_path / "other").write_text("x\n")
        (top / "a").symlink_to(tmp_path / "other")
    elif kind == "folder":
        (top / "a").mkdir()
    elif kind == "outside":
        (top / "sub").symlink_to(tmp_path)
        name = "sub/new"
    elif kind == "fifo":
        os.mkfifo(top / "a")
    elif kind == "latin":
        (top / "a").write_bytes(b"caf\xe9\n")
    else:
        monkeypatch.setattr(edits, "MOST_BYTES", 3)
        (top / "a").write_text("text")
    with pytest.raises(InstallError):
        read_text(str(top), name)
    with pytest.raises(InstallError):
        write_edit(str(top), Edit(name, None, "new\n"))
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_closed_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InstallError, match="cannot be written"):
        write_edit(str(tmp_path), Edit("a", None, "new\n"))
