"""The golden feature values: a small fixed history, a few fixed pushes, and what came out.

    python -m tests.golden_features             writes tests/golden/features.json
    python -m tests.golden_features --anyway    even where a value changed and its version did not

The second form is for features that no released model was trained on.
"""

from __future__ import annotations

import json
import sys
from math import isclose
from pathlib import Path

from cigate.change import BuildRecord, Change
from cigate.features import FEATURES, vector
from tests import builds as b

PATH = Path(__file__).resolve().parent / "golden" / "features.json"
WHAT_TO_DO = (
    "a feature that gives other numbers for the same push is another feature to a trained model: raise its"
    " version in cigate/features, then run `python -m tests.golden_features` and commit the file"
)
Values = dict[str, tuple[int, list[float]]]


def records() -> list[BuildRecord]:
    """Return 60 builds of four branches, by four people, without any chance in them."""
    found = []
    for n in range(60):
        branch = ("main", "main", "topic", "main", "dev", "pull")[n % 6]
        pushed = b.change(
            {
                f"src/m{n % 5}/f{n % 7}.py": (n, n % 3),
                ("README.md", "tests/test_a.py", ".travis.yml", "Gemfile.lock")[n % 4]: (n % 9, 1),
            },
            branch,
            b.AT + n * 5000,
            f"author{n % 4}",
            ("Fix the parser", "Add pages", "Bump rack", "WIP")[n % 4],
            head=f"{n:040x}",
            base=f"{n - 1:040x}" if n else "",
            target="main" if branch == "pull" else "",
            event="pull_request" if branch == "pull" else "push",
        )
        outcome = "failed" if n % 7 == 2 or n % 11 < 2 else "errored" if n % 13 == 5 else "passed"
        found.append(b.build_of(pushed, outcome, f"{n:03}", 100 + 37 * n % 900))
    return found


def pushes() -> list[tuple[int, Change]]:
    """Return a few pushes, each with the number of builds that come before it."""

    def at(known: int) -> int:
        return b.AT + known * 5000 + 777

    two = [
        b.commit(
            {"src/m1/f3.py": (5, 2), "src/new.py": (40, 0, "A")}, "author1", at(60) - 900, "Fix #7", "a1"
        ),
        b.commit({"setup.py": (1, 1)}, "author2", at(60) - 9000, "Add it", "a2", committed_at=at(60) - 800),
    ]
    many = {f"lib/x{n}.rb": (n, None) for n in range(70)}
    merge = b.commit(many, "", at(25) - 60, "Merge dev", parents=("p", "q"), rest=(9, 99, 9))
    all_said = "Revert the bump of rack, WIP: rename a test"
    cues = b.commit({".travis.yml": (2, 0), "a.yml": (1, 1), "tests/x.py": (5, 5)}, subject=all_said)
    small = b.commit(
        {"src/m2/f2.py": (3, 3, "R"), "docs/b.md": (1, 0), "Makefile": (0, 0, "D")}, subject="Docs"
    )
    return [
        (60, b.change(commits=two, at=at(60), author="author1", base=f"{59:040x}")),
        (45, b.change(commits=[small], branch="pull", at=at(45), target="main", event="pull_request")),
        (25, b.change(branch="new", at=at(25), author="stranger", base=f"{22:040x}", commits=[merge])),
        (33, b.change(commits=[cues], at=b.AT + 6 * b.DAY_S, head=f"{30:040x}", author="author0")),
        (11, b.change({"src/m0/f0.py": (1, 1), "poetry.lock": (9, 9)}, at=at(11), author="author2")),
        (0, b.change(commits=[], branch="dev", at=b.AT + 5 * b.DAY_S, author="")),
    ]


def current() -> Values:
    """Return what the list gives now: name -> (version, a value for each push)."""
    builds = b.in_order(records())
    rows = [vector(pushed, b.history_of(builds[:known])) for known, pushed in pushes()]
    return {f.name: (f.version, [row[n] for row in rows]) for n, f in enumerate(FEATURES)}


def stored() -> Values:
    """Return what is in the file, nothing where there is none."""
    if not PATH.exists():
        return {}
    return {name: (version, values) for name, version, values in json.loads(PATH.read_text("utf-8"))}


def _alike(one: list[float], other: list[float]) -> bool:
    # Machines differ in the last bit of exp and log.
    return len(one) == len(other) and all(
        isclose(a, b, rel_tol=1e-5, abs_tol=1e-6) for a, b in zip(one, other, strict=True)
    )


def changed_in_place(old: Values, new: Values) -> list[str]:
    """Return a line for each feature that gives other values under the same version."""
    return [
        f"{name} version {new[name][0]} gave {old[name][1]}, now gives {new[name][1]}"
        for name in new
        if name in old and old[name][0] == new[name][0] and not _alike(old[name][1], new[name][1])
    ]


def differences() -> list[str]:
    """Return a line for each way in which file and list disagree."""
    old, new = stored(), current()
    lines = changed_in_place(old, new)
    lines += [f"{name} is not in the file" for name in new if name not in old]
    lines += [f"{name} is in the file only" for name in old if name not in new]
    lines += [
        f"{name} has version {new[name][0]}, the file {old[name][0]}"
        for name in new
        if name in old and old[name][0] != new[name][0]
    ]
    return lines


def write(anyway: bool = False) -> int:
    """Write the file; refuse where a feature changed without a new version."""
    new = current()
    refused = [] if anyway else changed_in_place(stored(), new)
    if refused:
        print("\n".join([*refused, WHAT_TO_DO]), file=sys.stderr)
        return 1
    lines = [json.dumps([name, version, values]) for name, (version, values) in new.items()]
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(write(anyway=sys.argv[1:] == ["--anyway"]))
