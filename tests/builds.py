"""Changes and build records for tests: by hand, at random, and by the thousand.

build(outcome="failed", branch="main", at=100, files={"a.py": (3, 1)}, author="ann")
histories()        # a hypothesis strategy: random builds with ties, late finishes and odd clocks
busy_repository()  # as broad as a busy repository
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from math import isclose

from hypothesis import settings
from hypothesis import strategies as st

from cigate.change import OUTCOMES, BuildRecord, Change, Commit, FileChange
from cigate.features import FEATURES, vector
from cigate.history import History

AT = 1_600_000_000
HOUR_S = 3600
DAY_S = 24 * HOUR_S
WEEK_S = 7 * DAY_S

Lines = tuple[int | None, int | None] | tuple[int | None, int | None, str]
Files = Mapping[str, Lines]
SOME_FILES: Files = {"src/a.py": (3, 1)}


def sha(*facts: object) -> str:
    """Return a commit id that stands for `facts`."""
    return blake2b(repr(facts).encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def commit(
    files: Files = SOME_FILES,
    author: str = "ann",
    at: int = AT,
    subject: str = "Change something",
    id: str = "",
    parents: Sequence[str] = ("p",),
    committed_at: int | None = None,
    rest: tuple[int, int, int] = (0, 0, 0),
) -> Commit:
    """Return one commit; `files` maps a path to (lines added, deleted) or to (added, deleted, status)."""
    return Commit(
        id or sha("commit", at, author, subject, sorted(files)),
        tuple(parents),
        author,
        at,
        at if committed_at is None else committed_at,
        subject,
        tuple(FileChange(path, *lines) for path, lines in files.items()),
        *rest,
    )


def change(
    files: Files = SOME_FILES,
    branch: str = "main",
    at: int = AT,
    author: str = "ann",
    subject: str = "Change something",
    head: str = "",
    base: str = "",
    commits: Sequence[Commit] | None = None,
    target: str = "",
    event: str = "push",
    complete: bool = True,
) -> Change:
    """Return what a push at `at` brings: one commit of `files`, or `commits`, newest first."""
    if commits is None:
        commits = [commit(files, author, at, subject, head or sha("head", branch, at, author))]
    newest = commits[0].sha if commits else sha("head", branch, at, author)
    return Change(head or newest, base, branch, author, at, tuple(commits), target, event, complete)


def build_of(change: Change, outcome: str = "passed", id: str = "", took_s: int = 600) -> BuildRecord:
    """Return the build of `change` that started with the push and took `took_s` seconds."""
    at = change.pushed_at
    return BuildRecord(id or f"{at}-{change.branch}", change, outcome, at, at + took_s)


def build(
    outcome: str = "passed",
    branch: str = "main",
    at: int = AT,
    files: Files = SOME_FILES,
    author: str = "ann",
    id: str = "",
    took_s: int = 600,
    head: str = "",
    base: str = "",
    subject: str = "Change something",
    target: str = "",
    event: str = "push",
) -> BuildRecord:
    """Return the finished build of a push at `at`."""
    pushed = change(files, branch, at, author, subject, head, base, target=target, event=event)
    return build_of(pushed, outcome, id, took_s)


def builds(outcomes: str, branch: str = "main", at: int = AT, apart_s: int = HOUR_S) -> list[BuildRecord]:
    """Return a build for each letter (passed, failed, errored, canceled, skipped), `apart_s` apart."""
    names = {outcome[0]: outcome for outcome in OUTCOMES}
    return [build(names[letter], branch, at + n * apart_s) for n, letter in enumerate(outcomes)]


# Random builds: few names, so that they meet again. What a build brings comes of one number, because
# drawing it piece by piece takes hypothesis twenty times as long; times and outcomes are drawn and shrunk.

BRANCHES = ("main", "dev", "fix/ü", "")
AUTHORS = ("ann", "bob", "cy", "")
PATHS = (
    "README.md",
    "setup.py",
    "src/a.py",
    "src/b.py",
    "src/deep/er/c.rb",
    "tests/test_a.py",
    ".github/workflows/ci.yml",
    "poetry.lock",
    "no extension",
    "bytes-\udce9.txt",
)
WORDS = ("fix", "the", "Merge", "parser", "bump", "v1.2", "#12", "wip", "naïve", "\udcff")
STATUSES = "AMDRCT"
SEEDS = st.integers(0, 2**32)
ANY_TEXT = st.text(st.characters(), max_size=20)  # unpaired surrogates included: JSON can hold them
PAUSES_S = st.sampled_from([0, 0, 1, 300, HOUR_S, DAY_S, 20 * DAY_S])
LASTED_S = st.sampled_from([0, 1, 300, HOUR_S, 2 * DAY_S, -60])
ENDS = st.sampled_from(["passed", "passed", "failed", "failed", *sorted(OUTCOMES)])


def examples(most: int) -> settings:
    """Return the settings of a property test that looks at up to `most` examples, however slowly."""
    return settings(max_examples=most, deadline=None)


def random_commit(seed: int, at: int) -> Commit:
    """Return a commit that was made at or before `at`: a merge, a root, without files, with a rest."""
    draw = random.Random(seed)
    authored_at = at - draw.randrange(5 * DAY_S)
    lines = [None, *range(20), 300]
    return Commit(
        f"{draw.randrange(1, 30):040x}",
        tuple(f"{draw.randrange(1, 30):040x}" for _ in range(draw.randrange(3))),
        draw.choice(AUTHORS),
        authored_at,
        draw.randint(authored_at, at),
        " ".join(draw.choice(WORDS) for _ in range(draw.randrange(6))),
        tuple(
            FileChange(draw.choice(PATHS), draw.choice(lines), draw.choice(lines), draw.choice(STATUSES))
            for _ in range(draw.randrange(5))
        ),
        *draw.choice([(0, 0, 0), (0, 0, 0), (600, 9000, 17)]),
    )


def random_change(seed: int, at: int) -> Change:
    """Return a change that was pushed at `at`, of no commits, some, or so many that some are missing."""
    draw = random.Random(seed)
    brought = tuple(random_commit(draw.getrandbits(32), at) for _ in range(draw.randrange(4)))
    return Change(
        brought[0].sha if brought else draw.choice(["", "ab" * 20]),
        draw.choice(["", f"{draw.randrange(1, 30):040x}"]),
        draw.choice(BRANCHES),
        draw.choice(AUTHORS),
        at,
        brought,
        draw.choice(["", "main"]),
        draw.choice(["push", "pull_request"]),
        draw.random() < 0.9,
    )


def changes() -> st.SearchStrategy[Change]:
    """Return random changes of the days in which `histories` begin."""
    return st.builds(random_change, SEEDS, st.integers(AT, AT + 6 * DAY_S))


@st.composite
def histories(draw: st.DrawFn, most: int = 14) -> list[BuildRecord]:
    """Draw the builds of a short life: equal times, builds that overtake others, clocks that disagree."""
    found = []
    at = AT
    drawn = draw(st.lists(st.tuples(PAUSES_S, LASTED_S, ENDS, SEEDS), max_size=most))
    for number, (pause_s, lasted_s, outcome, seed) in enumerate(drawn):
        at += pause_s
        pushed = random_change(seed, at)
        found.append(BuildRecord(f"{seed % 10}/{number}", pushed, outcome, at, at + lasted_s))
    return found


def in_order(records: Sequence[BuildRecord]) -> list[BuildRecord]:
    """Return the builds in the order in which they are to be learned."""
    return sorted(records, key=lambda record: (record.finished_at, record.id))


def history_of(records: Sequence[BuildRecord]) -> History:
    """Return the history that has learned `records`, which may come in any order."""
    history = History()
    for record in in_order(records):
        history.learn(record)
    return history


def features_of(change: Change, records: Sequence[BuildRecord] = ()) -> dict[str, float]:
    """Return the features of `change` by name, after `records`."""
    row = vector(change, history_of(records))
    return {feature.name: value for feature, value in zip(FEATURES, row, strict=True)}


def expect(found: Mapping[str, float], **expected: float) -> None:
    """Compare the features that `expected` names, as float32; one that has left the list is left out."""
    wrong = {
        name: (found[name], value)
        for name, value in expected.items()
        if name in found and not isclose(found[name], value, rel_tol=1e-6, abs_tol=1e-7)
    }
    assert not wrong, "name: (found, expected)"


# Many builds at once, drawn by a seeded generator: the same ones in every run.


def project(count: int, seed: int = 1, branches: int = 6, authors: int = 8) -> list[BuildRecord]:
    """Return `count` builds of a small project, in which risky files, authors and red branches matter."""
    draw = random.Random(seed)
    found: list[BuildRecord] = []
    red: dict[str, bool] = {}
    for number in range(count):
        at = AT + number * HOUR_S
        branch = "main" if draw.random() < 0.5 else f"topic-{draw.randrange(branches)}"
        author = f"author{draw.randrange(authors)}"
        paths = [f"src/m{draw.randrange(6)}/f{draw.randrange(30)}.py" for _ in range(draw.randrange(1, 6))]
        paths += [path for path in (".travis.yml", "Gemfile.lock", "README.md") if draw.random() < 0.1]
        p_fail = 0.05 + 0.4 * red.get(branch, False) + 0.3 * (".travis.yml" in paths)
        p_fail += 0.2 * (author == "author0") + 0.2 * any(path.startswith("src/m0/") for path in paths)
        red[branch] = draw.random() < p_fail
        files: Files = {path: (draw.randrange(80), draw.randrange(30)) for path in paths}
        subject = draw.choice(("Fix the parser", "Add a page", "Bump rack", "Merge topic"))
        pushed = change(files, branch, at, author, subject, base=found[-1].change.head if found else "")
        found.append(build_of(pushed, "failed" if red[branch] else "passed", took_s=draw.randrange(60, 5000)))
    return found


def busy_repository(count: int = 10_000, seed: int = 1) -> Iterator[BuildRecord]:
    """Yield the builds of a repository that is broader than a history can hold in every respect."""
    draw = random.Random(seed)
    for number in range(count):
        at = AT + number * 600
        heads = [sha(number, n) for n in range(draw.randrange(1, 6))]
        author = f"author{draw.randrange(900)}"
        brought = [
            commit(
                {
                    f"src/{draw.randrange(900)}/f{draw.randrange(40)}.c{draw.randrange(30)}": (
                        draw.randrange(500),
                        1,
                    )
                },
                author,
                at,
                f"word{draw.randrange(9000)} word{draw.randrange(9000)}",
                head,
            )
            for head in heads
        ]
        pushed = change(
            branch=f"topic-{number // 8 if draw.random() < 0.7 else draw.randrange(3)}",
            at=at,
            author=author,
            base=sha(number - draw.randrange(1, 50), 0),
            commits=brought,
            target=draw.choice(("", "main")),
            event=draw.choice(("push", "pull_request")),
        )
        yield build_of(pushed, draw.choice(("passed", "passed", "passed", "failed", "errored")), f"{number}")
