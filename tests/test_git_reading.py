"""What git is asked for comes back whole, or as an error: never as a silent nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from cigate.change import Commit
from cigate.errors import GitError, ShallowError, UsageError
from cigate.git import Reading, Repository, refuse_shallow
from cigate.walk import change_of
from tests.repo import Repo, clean_environment

ZERO = "0" * 40
UNKNOWN = "1" * 40


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "work")


def _open(repo: Repo, **env: str) -> Repository:
    return Repository.open(str(repo.path), b"key", clean_environment() | env)


def _shas(commits: Sequence[Commit]) -> list[str]:
    return [commit.sha for commit in commits]


def _files(commit: Commit) -> dict[str, tuple[str, int | None, int | None]]:
    return {f.path: (f.status, f.added, f.deleted) for f in commit.files}


def _last(repo: Repo) -> Commit:
    """Return HEAD as a live reading shows it, after a check that bulk reading shows the same."""
    opened = _open(repo)
    head = repo.head()
    live = opened.start_reading([head], limit=0).commits()
    bulk = {commit.sha: commit for commit in opened.read_commits(all_refs=True)}
    assert bulk[head] == live[0]
    return live[0]


def _raw_commit(repo: Repo, ident: bytes, message: bytes) -> None:
    """Make HEAD a commit that `git commit` itself would not write."""
    tree = repo.git("mktree").encode()
    raw = b"tree %s\nauthor %s\ncommitter %s\n\n%s\n" % (tree, ident, ident, message)
    oid = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw)
    repo.git("update-ref", "refs/heads/main", oid)


class TestFacts:
    """One commit of each kind."""

    def test_root_commit_counts_as_additions(self, repo: Repo) -> None:
        repo.commit({"a.py": "1\n2\n", "d/b.py": "1\n"}, at=100, author="Ann")
        commit = _last(repo)
        assert commit.parents == ()
        assert (commit.authored_at, commit.committed_at) == (100, 100)
        assert _files(commit) == {"a.py": ("A", 2, 0), "d/b.py": ("A", 1, 0)}

    def test_empty_commit_has_no_files(self, repo: Repo) -> None:
        first = repo.commit({"a.py": "1\n"})
        repo.commit()
        commit = _last(repo)
        assert (commit.files, commit.parents, commit.rest_files) == ((), (first,), 0)

    def test_change_deletion_and_addition(self, repo: Repo) -> None:
        repo.commit({"a.py": "1\n2\n3\n", "b.py": "1\n2\n"})
        repo.commit({"a.py": "1\nx\n3\n4\n", "b.py": None, "c.py": "z\ny\nx\n"})
        assert _files(_last(repo)) == {
            "a.py": ("M", 2, 1),
            "b.py": ("D", 0, 2),
            "c.py": ("A", 3, 0),
        }

    def test_rename_keeps_the_new_name(self, repo: Repo) -> None:
        lines = "".join(f"{n}\n" for n in range(20))
        repo.commit({"old name.py": lines, "same": "1\n"})
        repo.commit({"old name.py": None, "new\tname.py": lines + "more\n", "same": "2\n"})
        assert _files(_last(repo)) == {"new\tname.py": ("R", 1, 0), "same": ("M", 1, 1)}

    def test_copy_is_an_addition(self, repo: Repo) -> None:
        lines = "".join(f"{n}\n" for n in range(20))
        repo.commit({"a": lines})
        repo.commit({"a": lines + "x\n", "b": lines})
        assert _files(_last(repo)) == {"a": ("M", 1, 0), "b": ("A", 20, 0)}

    def test_half_of_a_file_is_the_edge_of_a_rename(self, repo: Repo) -> None:
        lines = [f"{n:010}\n" for n in range(20)]
        repo.commit({"a": "".join(lines)})
        repo.commit({"a": None, "b": "".join(lines[:8])})
        assert _files(_last(repo)) == {"a": ("D", 0, 20), "b": ("A", 8, 0)}

    def test_binary_has_no_lines(self, repo: Repo) -> None:
        repo.commit({"a.png": "\0\1\2", "t": "1\n"})
        repo.commit({"a.png": "\0\1\2\3", "t": "2\n"})
        assert _files(_last(repo)) == {"a.png": ("M", None, None), "t": ("M", 1, 1)}

    def test_mode_change_touches_no_line(self, repo: Repo) -> None:
        repo.commit({"run": "#!/bin/sh\n"})
        (repo.path / "run").chmod(0o755)
        repo.commit()
        assert _files(_last(repo)) == {"run": ("M", 0, 0)}

    def test_file_that_becomes_a_link_changes_type(self, repo: Repo) -> None:
        repo.commit({"a": "1\n2\n", "b": "x\n"})
        (repo.path / "a").unlink()
        (repo.path / "a").symlink_to("b")
        repo.commit()
        assert _files(_last(repo)) == {"a": ("T", 1, 2)}

    def test_submodule_counts_as_its_one_line(self, repo: Repo) -> None:
        repo.commit({"a": "1\n"})
        for oid in ("1" * 40, "2" * 40):
            repo.git("update-index", "--add", "--cacheinfo", f"160000,{oid},sub")
            repo.git("commit", "-q", "-m", "sub")
        assert _files(_last(repo)) == {"sub": ("M", 1, 1)}

    def test_broken_submodule_list_does_not_matter(self, repo: Repo) -> None:
        repo.commit({".gitmodules": "[submodule\n"})
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{UNKNOWN},sub")
        repo.git("commit", "-q", "-m", "sub")
        assert _files(_last(repo)) == {"sub": ("A", 1, 0)}

    @pytest.mark.parametrize(
        "name",
        [b"\xff\xfe.py", b"two\nlines", b"a\ttab", b'"quoted"', b"-", b":100644 x", b"\xc3\xa9", b" "],
    )
    def test_odd_names_survive(self, repo: Repo, name: bytes) -> None:
        repo.commit({b"d/" + name: "1\n", b"other": "1\n2\n"})
        assert _files(_last(repo)) == {
            "d/" + name.decode("utf-8", "surrogateescape"): ("A", 1, 0),
            "other": ("A", 2, 0),
        }

    def test_merge_shows_what_it_brings_to_its_first_parent(self, repo: Repo) -> None:
        repo.commit({"a": "1\n"})
        repo.checkout("side", "HEAD")
        side = repo.commit({"b": "1\n2\n"})
        repo.checkout("main")
        main = repo.commit({"a": "2\n"})
        repo.merge("side")
        commit = _last(repo)
        assert commit.parents == (main, side)
        assert _files(commit) == {"b": ("A", 2, 0)}

    def test_octopus_has_all_its_parents(self, repo: Repo) -> None:
        repo.commit({"a": "1\n"})
        tips = []
        for name in "bcd":
            repo.checkout(name, "main")
            tips.append(repo.commit({name: "1\n"}))
        repo.checkout("main")
        own = repo.commit({"e": "1\n"})
        repo.merge("b", "c", "d")
        commit = _last(repo)
        assert commit.parents == (own, *tips)
        assert _files(commit) == dict.fromkeys("bcd", ("A", 1, 0))

    def test_author_is_a_pseudonym_made_of_the_address(self, repo: Repo) -> None:
        repo.commit({"a": "1\n"}, author="ann", email="Ann@Example.invalid")
        by_address = _last(repo).author
        repo.commit({"a": "2\n"}, author="somebody else", email="ann@example.invalid")
        assert _last(repo).author == by_address
        repo.commit({"a": "3\n"}, author="ann", email="other@example.invalid")
        assert _last(repo).author != by_address
        assert len(by_address) == 16
        assert "ann" not in repr(_last(repo))

    def test_author_without_an_address_goes_by_name(self, repo: Repo) -> None:
        seen = []
        for author in ("ann", "bea", "ann"):
            repo.commit(author=author, email="")
            seen.append(_last(repo).author)
        assert seen[0] == seen[2] != seen[1]

    def test_mailmap_does_not_join_people(self, repo: Repo) -> None:
        repo.commit({"a": "1\n"}, author="ann")
        before = _last(repo).author
        repo.set("log.mailmap", "true")
        repo.commit({".mailmap": "Bea <bea@example.invalid> <ann@example.invalid>\n"}, author="ann")
        assert _last(repo).author == before

    def test_subject_is_one_line_of_text(self, repo: Repo) -> None:
        repo.commit(message="First\nline \u00e9\n\nBody\n")
        assert _last(repo).subject == "First line \u00e9"

    def test_subject_in_another_encoding_is_read(self, repo: Repo) -> None:
        repo.git(
            "-c",
            "i18n.commitEncoding=ISO-8859-1",
            "commit",
            "-q",
            "--allow-empty",
            "-F",
            "-",
            stdin=b"caf\xe9",
        )
        assert _last(repo).subject == "caf\u00e9"

    def test_subject_of_no_encoding_at_all_is_replaced(self, repo: Repo) -> None:
        _raw_commit(repo, b"A <a@x> 5 +0000", b"caf\xe9 \xff")
        assert _last(repo).subject == "caf\ufffd \ufffd"

    def test_endless_subject_is_cut(self, repo: Repo) -> None:
        repo.commit(message="\u00e9" * 100_000)
        assert _last(repo).subject == "\u00e9" * 500

    def test_empty_message(self, repo: Repo) -> None:
        repo.git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
        assert _last(repo).subject == ""

    @pytest.mark.parametrize(
        "ident",
        [
            b"A U Thor <a@x>",
            b"A U Thor <a@x> nonsense +0000",
            b"A U Thor <a@x> 99999999999999999999999 +0000",
            b"<> 0 +0000",
            b"A U Thor a@x 5 +0000",
            b"\xff <\xfe> -5 +0000",
        ],
    )
    def test_broken_author_lines_and_dates_are_zero(self, repo: Repo, ident: bytes) -> None:
        _raw_commit(repo, ident, b"broken")
        commit = _last(repo)
        assert (commit.authored_at, commit.committed_at, commit.subject) == (0, 0, "broken")

    def test_listed_files_are_capped_and_the_rest_summed(self, repo: Repo) -> None:
        repo.commit({f"{n:04}": "1\n2\n" for n in range(503)} | {"0600": "\0"})
        commit = _last(repo)
        assert len(commit.files) == 500
        assert (commit.rest_files, commit.rest_added, commit.rest_deleted) == (4, 6, 0)


class TestRange:
    """What is asked for, and what is left out."""

    def test_excluded_history_is_not_new(self, repo: Repo) -> None:
        one, two, three = (repo.commit({"a": f"{n}\n"}) for n in range(3))
        assert _shas(_open(repo).start_reading([three], [one]).commits()) == [three, two]

    @pytest.mark.parametrize("exclude", [[], [ZERO], [UNKNOWN], [ZERO, UNKNOWN, "0" * 64]])
    def test_unknown_and_zero_ids_exclude_nothing(self, repo: Repo, exclude: list[str]) -> None:
        """The remote's old commit may never have been fetched; the reading must live through it."""
        one, two = repo.commit({"a": "1\n"}), repo.commit({"a": "2\n"})
        for not_remotes in (False, True):
            reading = _open(repo).start_reading([two], exclude, not_remotes)
            assert _shas(reading.commits()) == [two, one]

    def test_unknown_beside_known(self, repo: Repo) -> None:
        one, two = repo.commit({"a": "1\n"}), repo.commit({"a": "2\n"})
        for exclude in ([UNKNOWN, one], [one, UNKNOWN]):
            assert _shas(_open(repo).start_reading([two], exclude, True).commits()) == [two]

    def test_what_any_remote_has_is_not_new(self, repo: Repo) -> None:
        one = repo.commit({"a": "1\n"})
        repo.bare_remote("origin")
        repo.bare_remote("other")
        assert repo.push("main").returncode == 0
        two = repo.commit({"a": "2\n"})
        assert repo.push("main:x", remote="other").returncode == 0
        three = repo.commit({"a": "3\n"})
        opened = _open(repo)
        assert _shas(opened.start_reading([three], not_remotes=True).commits()) == [three]
        assert _shas(opened.start_reading([three]).commits()) == [three, two, one]

    def test_broken_remote_ref_does_not_end_the_reading(self, repo: Repo) -> None:
        one = repo.commit({"a": "1\n"})
        two = repo.commit({"a": "2\n"})
        refs = repo.path / ".git" / "refs" / "remotes" / "origin"
        refs.mkdir(parents=True)
        (refs / "gone").write_text(UNKNOWN + "\n")
        (refs / "HEAD").write_text("ref: refs/remotes/origin/nothing\n")
        (refs / "known").write_text(one + "\n")
        assert _shas(_open(repo).start_reading([two], not_remotes=True).commits()) == [two]

    def test_nothing_new_is_an_empty_list(self, repo: Repo) -> None:
        one = repo.commit({"a": "1\n"})
        reading = _open(repo).start_reading([one], [one])
        assert reading.commits() == []
        assert reading.tip(one) == one

    def test_unknown_head_is_an_error(self, repo: Repo) -> None:
        """--ignore-missing passes over it in silence; that must not read as nothing new."""
        one = repo.commit({"a": "1\n"})
        for heads in ([UNKNOWN], [one, UNKNOWN]):
            with pytest.raises(GitError, match="not in this repository"):
                _open(repo).start_reading(heads).commits()

    def test_no_heads_ask_for_nothing(self, repo: Repo) -> None:
        """Git would show HEAD where it is given nothing."""
        repo.commit({"a": "1\n"})
        assert _open(repo).start_reading([]).commits() == []

    @pytest.mark.parametrize("oid", ["HEAD", "--all", "", "1" * 39, "1" * 41, "g" * 40, "A" * 40])
    def test_only_full_ids_are_taken(self, repo: Repo, oid: str) -> None:
        with pytest.raises(UsageError, match="no object id"):
            _open(repo).start_reading([oid])
        with pytest.raises(UsageError, match="no object id"):
            _open(repo).start_reading([UNKNOWN], [oid or "x"])

    def test_annotated_tag_stands_for_its_commit(self, repo: Repo) -> None:
        one = repo.commit({"a": "1\n"})
        two = repo.commit({"a": "2\n"})
        tag = repo.tag("v1", annotated=True)
        repo.git("tag", "-a", "-m", "outer", "v2", "v1")
        outer = repo.head("v2")
        reading = _open(repo).start_reading([tag, outer], [one])
        assert _shas(reading.commits()) == [two]
        assert (reading.tip(tag), reading.tip(outer), reading.tip(two)) == (two, two, two)
        old = _open(repo).start_reading([tag], [two])
        assert (old.commits(), old.tip(tag)) == ([], two)

    def test_tag_of_a_file_has_nothing_to_judge(self, repo: Repo) -> None:
        one = repo.commit({"a": "1\n"})
        repo.git("tag", "-a", "-m", "x", "blob", "HEAD:a")
        repo.git("tag", "-a", "-m", "x", "tree", "HEAD^{tree}")
        heads = [repo.head(name) for name in ("blob", "tree", "HEAD:a", "HEAD^{tree}")]
        reading = _open(repo).start_reading([*heads, one])
        assert _shas(reading.commits()) == [one]
        assert [reading.tip(head) for head in heads] == [""] * 4

    def test_each_commit_is_shown_as_it_comes(self, repo: Repo) -> None:
        """Whoever waits for git can work on what has come already."""
        repo.commit({"a": "1"})
        two = repo.commit({"a": "2"})
        shown: list[Commit] = []
        assert _open(repo).start_reading([two]).commits(look=shown.append) == shown
        assert len(shown) == 2

    def test_limit_reads_one_more(self, repo: Repo) -> None:
        shas = [repo.commit(at=100 + n) for n in range(5)]
        opened = _open(repo)
        assert _shas(opened.start_reading([shas[-1]], limit=3).commits()) == shas[:0:-1]
        assert _shas(opened.start_reading([shas[-1]], limit=5).commits()) == shas[::-1]

    def test_limit_holds_for_each_head(self, repo: Repo) -> None:
        """A branch of old commits is not cut off by another of many new ones."""
        root = repo.commit(at=100)
        repo.checkout("old", "main")
        old = [repo.commit(at=200 + n) for n in range(4)]
        repo.checkout("main")
        new = [repo.commit(at=1000 + n) for n in range(9)]
        opened = _open(repo)
        reading = opened.start_reading([new[-1], old[-1]], [root], limit=3)
        by_id = {commit.sha: commit for commit in reading.commits()}
        assert set(by_id) == {*new[-4:], *old}
        for head in (new[-1], old[-1]):
            alone = opened.start_reading([head], [root], limit=3).commits()
            want = {commit.sha: commit for commit in alone}
            both = [change_of(head, known, (), branch="b", pushed_at=1, limit=3) for known in (by_id, want)]
            assert both[0] == both[1]
            assert not both[0].complete

    def test_heads_by_the_dozen_share_what_is_read(self, repo: Repo) -> None:
        """A thousand refs are each judged by their newest commit, a few by as many as one is."""
        opened = _open(repo)
        for heads, limit in ((1, 200), (5, 200), (10, 100), (1000, 1), (3000, 1)):
            reading = opened.start_reading([f"{n:040x}" for n in range(1, heads + 1)], limit=200)
            assert reading.limit == limit
            reading.close()
        unlimited = opened.start_reading([f"{n:040x}" for n in range(1, 11)])
        assert unlimited.limit is None
        unlimited.close()

    def test_tags_beyond_the_cut_bring_their_commits(self, repo: Repo) -> None:
        """An annotated tag is followed to its commit where the limit hid it, too."""
        root = repo.commit(at=100)
        old = [repo.commit(at=200 + n) for n in range(3)]
        repo.git("tag", "-a", "-m", "x", "v1")
        repo.checkout("new", root)
        new = [repo.commit(at=1000 + n) for n in range(6)]
        reading = _open(repo).start_reading([new[-1], repo.head("v1")], [root], limit=2)
        assert {commit.sha for commit in reading.commits()} == {*new[-3:], *old}

    def test_many_heads_at_once(self, repo: Repo) -> None:
        """Far more ids than a pipe holds are one question to one git."""
        head = repo.commit({"a": "1\n"})
        unknown = [f"{n:040x}" for n in range(1, 5000)]
        reading = _open(repo).start_reading([head], unknown)
        assert _shas(reading.commits()) == [head]

    def test_all_refs(self, repo: Repo) -> None:
        one = repo.commit(at=100)
        repo.checkout("side", "HEAD")
        two = repo.commit(at=200)
        repo.git("update-ref", "refs/pull/1/head", two)
        repo.checkout("main")
        repo.git("branch", "-D", "side")
        assert _shas(list(_open(repo).read_commits(all_refs=True))) == [two, one]

    def test_empty_repository_has_no_commits(self, repo: Repo) -> None:
        assert list(_open(repo).read_commits(all_refs=True)) == []

    def test_deadline_holds(self, repo: Repo) -> None:
        head = repo.commit()
        reading = _open(repo).start_reading([head])
        os.kill(reading._process._pid, signal.SIGSTOP)
        with pytest.raises(GitError, match="took too long"):
            reading.commits(0.05)

    def test_closed_reading(self, repo: Repo) -> None:
        reading = _open(repo).start_reading([repo.commit()])
        reading.close()
        assert isinstance(reading, Reading)


class TestPlaces:
    """The same commits wherever the repository is seen from."""

    def test_bare_linked_and_plain_agree(self, repo: Repo, tmp_path: Path) -> None:
        repo.commit({"a": "1\n", "b.png": "\0"})
        repo.commit({"a": "2\n"})
        linked = repo.worktree(tmp_path / "linked", "-b", "other")
        bare = repo.clone(tmp_path / "bare.git", "--bare")
        plain = list(_open(repo).read_commits(all_refs=True))
        assert len(plain) == 2
        assert list(_open(linked).read_commits(all_refs=True)) == plain
        assert list(_open(bare).read_commits(all_refs=True)) == plain

    def test_sha256(self, tmp_path: Path) -> None:
        made = Repo.init(tmp_path / "new", object_format="sha256")
        one, two = made.commit({"a": "1\n"}), made.commit({"a": "2\n", "b": "\0"})
        commits = _open(made).start_reading([two], [one, "1" * 64]).commits()
        assert _shas(commits) == [two]
        assert _files(commits[0]) == {"a": ("M", 1, 1), "b": ("A", None, None)}

    def test_alternate_objects(self, repo: Repo, tmp_path: Path) -> None:
        head = repo.commit({"a": "1\n"})
        borrower = repo.clone(tmp_path / "borrower", "--shared")
        assert _shas(_open(borrower).start_reading([head]).commits()) == [head]


class TestShallow:
    """A clone that was cut off is refused exactly where the cut matters."""

    def test_head_at_the_edge_is_refused(self, repo: Repo, tmp_path: Path) -> None:
        for n in range(3):
            repo.commit({"a": f"{n}\n", str(n): "1\n"})
        cut = repo.clone(tmp_path / "cut", "--depth=1")
        opened = _open(cut)
        assert opened.shallow
        assert opened.boundary == {cut.head()}
        with pytest.raises(ShallowError) as caught:
            opened.start_reading([cut.head()]).commits()
        assert "git fetch --deepen=" in caught.value.hint
        with pytest.raises(ShallowError) as caught:
            refuse_shallow(opened)
        assert caught.value.hint == "git fetch --unshallow"

    def test_work_above_the_edge_is_read(self, repo: Repo, tmp_path: Path) -> None:
        for n in range(3):
            repo.commit({"a": f"{n}\n", str(n): "1\n"})
        cut = repo.clone(tmp_path / "cut", "--depth=1")
        edge = cut.head()
        mine = cut.commit({"a": "x\n"})
        commits = _open(cut).start_reading([mine], not_remotes=True).commits()
        assert _files(commits[0]) == {"a": ("M", 1, 1)}
        assert _shas(commits) == [mine]
        with pytest.raises(ShallowError):
            _open(cut).start_reading([mine]).commits()
        assert _shas(_open(cut).start_reading([mine], [edge]).commits()) == [mine]

    def test_edge_behind_the_limit_does_not_matter(self, repo: Repo, tmp_path: Path) -> None:
        """The one commit more that is read only tells a cut from an end."""
        repo.commit()
        repo.commit()
        cut = repo.clone(tmp_path / "cut", "--depth=1")
        mine = cut.commit({"a": "x\n"})
        opened = _open(cut)
        assert _shas(opened.start_reading([mine], limit=1).commits())[0] == mine
        with pytest.raises(ShallowError):
            opened.start_reading([mine], limit=2).commits()

    def test_one_head_of_two_at_the_edge_is_enough(self, repo: Repo, tmp_path: Path) -> None:
        repo.commit()
        repo.commit()
        cut = repo.clone(tmp_path / "cut", "--depth=1")
        edge = cut.head()
        mine = cut.commit({"a": "x\n"})
        with pytest.raises(ShallowError):
            _open(cut).start_reading([mine, edge]).commits()

    def test_whole_clone_is_not_shallow(self, repo: Repo, tmp_path: Path) -> None:
        repo.commit()
        whole = _open(repo.clone(tmp_path / "whole"))
        refuse_shallow(whole)
        assert not whole.shallow

    def test_deepened_clone_is_read(self, repo: Repo, tmp_path: Path) -> None:
        shas = [repo.commit({"a": f"{n}\n"}) for n in range(3)]
        cut = repo.clone(tmp_path / "cut", "--depth=1")
        cut.git("fetch", "-q", "--deepen=200")
        assert _shas(_open(cut).start_reading([shas[-1]]).commits()) == shas[::-1]

    def test_linked_worktree_knows_the_edge(self, repo: Repo, tmp_path: Path) -> None:
        repo.commit()
        repo.commit()
        cut = repo.clone(tmp_path / "cut", "--depth=1")
        assert _open(cut.worktree(tmp_path / "linked", "-b", "x")).shallow


def _lose(repo: Repo, oid: str) -> None:
    """Delete one loose object."""
    os.unlink(repo.path / ".git" / "objects" / oid[:2] / oid[2:])


class TestMissingContent:
    """Where a blob is gone the rest is read on, and what could not be counted is counted."""

    @pytest.fixture
    def shas(self, repo: Repo) -> list[str]:
        """Twelve commits that each change one file and add another; their objects lie loose."""
        stream = b""
        for n in range(12):
            stream += b"commit refs/heads/main\ncommitter A <a@x> %d +0000\ndata 1\nx\n" % (100 + n)
            for name, text in ((b"a", b"%x\n" % n * 5), (b"f%d" % n, b"1\n")):
                stream += b"M 644 inline %s\ndata %d\n%s\n" % (name, len(text), text)
        repo.fast_import(stream)
        return repo.git("rev-list", "--reverse", "main").split()

    @pytest.mark.parametrize("lost", [(0,), (5,), (11,), (4, 5), (2, 3, 4, 9), tuple(range(12))])
    def test_rest_is_read_on(self, repo: Repo, shas: list[str], lost: tuple[int, ...]) -> None:
        whole = list(_open(repo).read_commits(all_refs=True))
        for n in lost:
            _lose(repo, repo.head(f"{shas[n]}:a"))
        hit = {shas[n] for n in lost} | {shas[n + 1] for n in lost if n + 1 < len(shas)}
        for read in (_bulk, _live):
            opened = _open(repo)
            seen = read(opened, shas[-1])
            assert _shas(seen) == _shas(whole)
            assert opened.missing == len(hit)
            for commit, was in zip(seen, whole, strict=True):
                if commit.sha not in hit:
                    assert commit == was
                    continue
                letters = {f.path: f.status for f in was.files}
                assert _files(commit) == {p: (s, None, None) for p, s in letters.items()}

    @pytest.mark.parametrize("at_once", [1, 2, 3, 5])
    @pytest.mark.parametrize("lost", [(5,), (4, 5), (2, 6, 10)])
    def test_rest_is_read_in_pieces(
        self,
        repo: Repo,
        shas: list[str],
        monkeypatch: pytest.MonkeyPatch,
        at_once: int,
        lost: tuple[int, ...],
    ) -> None:
        """However few commits a git is told at once, none is doubled, dropped or taken for lost."""
        for n in lost:
            _lose(repo, repo.head(f"{shas[n]}:a"))
        in_one_piece = _bulk(_open(repo), shas[-1])
        monkeypatch.setattr("cigate.git.reading.LISTED_AT_ONCE", at_once)
        assert _bulk(_open(repo), shas[-1]) == in_one_piece
        assert _shas(in_one_piece) == shas[::-1]

    def test_large_output_before_the_loss(self, repo: Repo, shas: list[str]) -> None:
        """Where git dies in the middle of a full pipe, nothing is doubled and nothing dropped."""
        stream = b""
        for n in range(4000):
            stream += b"commit refs/heads/main\ncommitter A <a@x> %d +0000\ndata 1\nx" % (1000 + n)
            stream += b"" if n else b"\nfrom refs/heads/main^0"
            stream += b"\nM 644 inline %s%d\ndata 2\n%d\n" % (b"x" * 200, n % 9, n % 10)
        repo.fast_import(stream)
        _lose(repo, repo.head(f"{shas[6]}:a"))
        opened = _open(repo)
        commits = _bulk(opened, "")
        assert _shas(commits) == repo.git("rev-list", "HEAD").split()
        assert opened.missing == 2

    def test_rename_whose_source_is_lost(self, repo: Repo) -> None:
        """Finding renames opens files too: the fallback must not look for any."""
        lines = "".join(f"{n}\n" for n in range(20))
        repo.commit({"a": lines, "b": "1\n"})
        repo.commit({"a": None, "c": lines + "x\n"})
        _lose(repo, repo.head("HEAD~1:a"))
        opened = _open(repo)
        commits = _live(opened, repo.head())
        assert _files(commits[0]) == {"a": ("D", None, None), "c": ("A", None, None)}
        assert opened.missing == 2

    def test_damaged_content_is_as_good_as_lost(self, repo: Repo, shas: list[str]) -> None:
        oid = repo.head(f"{shas[6]}:a")
        path = repo.path / ".git" / "objects" / oid[:2] / oid[2:]
        path.chmod(0o644)
        path.write_bytes(b"nonsense")
        opened = _open(repo)
        assert _shas(_bulk(opened, shas[-1])) == shas[::-1]
        assert opened.missing == 2

    @pytest.mark.parametrize("what", ["HEAD~3", "HEAD~3^{tree}"])
    def test_lost_commit_or_tree_is_an_error(self, repo: Repo, shas: list[str], what: str) -> None:
        """Only contents can be done without: a hole in the history itself must not pass."""
        _lose(repo, repo.head(what))
        for read in (_bulk, _live):
            with pytest.raises(GitError, match="git failed"):
                read(_open(repo), shas[-1])

    def test_partial_clone_is_read_without_a_network(self, repo: Repo, tmp_path: Path) -> None:
        """Git would fetch each missing blob while somebody waits for a push."""
        repo.set("uploadpack.allowFilter", "true")
        repo.commit({"a": "1\n"})
        repo.commit({"a": "2\n", "b": "3\n"})
        part = repo.clone(tmp_path / "part", "--filter=blob:none")
        mine = part.commit({"b": "4\n"})
        before = part.git("count-objects", "-v")
        opened = _open(part)
        assert _shas(opened.start_reading([mine], not_remotes=True).commits()) == [mine]
        assert opened.missing == 0
        commits = _live(opened, mine)
        assert [_files(c) for c in commits] == [
            {"b": ("M", 1, 1)},
            {"a": ("M", None, None), "b": ("A", None, None)},
            {"a": ("A", None, None)},
        ]
        assert opened.missing == 2
        assert part.git("count-objects", "-v") == before

    def test_hollow_repository_is_read_without_counts(
        self, repo: Repo, shas: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where next to nothing can be counted, the rest is read by name alone, and every loss counted."""
        whole = _bulk(_open(repo), shas[-1])
        monkeypatch.setattr("cigate.git.reading.MAX_LOST", 3)
        for n in range(8):
            _lose(repo, repo.head(f"{shas[n]}:a"))
        opened = _open(repo)
        hollow = _bulk(opened, shas[-1])
        assert [commit.sha for commit in hollow] == [commit.sha for commit in whole]
        assert [[f.path for f in c.files] for c in hollow] == [[f.path for f in c.files] for c in whole]
        assert opened.missing >= 8


def _bulk(opened: Repository, head: str) -> list[Commit]:
    return list(opened.read_commits(all_refs=True))


def _live(opened: Repository, head: str) -> list[Commit]:
    return opened.start_reading([head]).commits()
