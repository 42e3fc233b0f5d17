"""What somebody waits for at a push, against what it cannot be faster than."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Side, Times, compare, milliseconds, ratio
from benchmarks.project import make_records
from benchmarks.rows import Row, number_row, ratio_row
from benchmarks.workplace import BARE, IMPORT, INSTALLED, PLAIN, Learned, Workplace
from cigate.history import History
from cigate.model import Bundle, Manifest
from cigate_train.fit import fit_forest

USUAL_WAY = Path(__file__).with_name("usual_way.py")


def measure(learned: Learned, folder: Path, rounds: int, most: int) -> Iterator[Row]:
    """Yield the hook's rows; repository and history grow up to `most` commits and builds."""
    place = Workplace(folder / "usual", learned.bundle, 1_000)
    yield from _measure_push(place, rounds)
    yield from _measure_predict(place, learned, folder, rounds)
    yield from _measure_growth(learned.bundle, folder, rounds, most)
    yield from _measure_many(learned.bundle, folder, rounds)


def _measure_push(place: Workplace, rounds: int) -> Iterator[Row]:
    sides = {
        "bare": BARE,
        "import": IMPORT,
        "hook": place.push(),
        "fallback": place.push({"CIGATE_BACKEND": "python"}),
        "deletion": place.deletion(),
        "up to date": place.up_to_date(),
        "not covered": place.not_covered(),
    }
    found = compare(sides, rounds)
    hook, imported, bare = found["hook"], found["import"], found["bare"]
    what = f"native hook, {place.pushed} commits on one branch, cold, wall: against import onnxruntime"
    yield ratio_row(
        "hook_wall", what, 0.5, ratio(hook.wall, imported.wall), **_both(hook.wall, imported.wall)
    )
    found_cpu = ratio(hook.cpu, imported.cpu)
    yield ratio_row("hook_cpu", "the same, CPU", 0.45, found_cpu, **_both(hook.cpu, imported.cpu))
    for name in ("deletion", "up to date", "not covered"):
        what = f"nothing to judge ({name}), wall: against python -S -E -c pass"
        key = "nothing_" + name.replace(" ", "_")
        yield ratio_row(
            key, what, 2.0, ratio(found[name].wall, bare.wall), **_both(found[name].wall, bare.wall)
        )
    slow = found["fallback"]
    what = "through the public API, wall: against import onnxruntime"
    yield ratio_row(
        "fallback", what, 1.15, ratio(slow.wall, imported.wall), **_both(slow.wall, imported.wall)
    )


def _both(ours: list[float], theirs: list[float]) -> dict[str, float | str]:
    return {"ms": milliseconds(ours), "against_ms": milliseconds(theirs)}


def _measure_predict(place: Workplace, learned: Learned, folder: Path, rounds: int) -> Iterator[Row]:
    """Compare `cigate predict` with pandas, joblib and the same forest."""
    import joblib

    data, names = learned.dataset, [name for name, _ in learned.bundle.manifest.features]
    forest = folder / "forest.joblib"
    joblib.dump((fit_forest(data.rows, data.failed, learned.settings), names), forest)
    usual = Side([*PLAIN, str(USUAL_WAY), str(forest)], env=INSTALLED, says="0.")
    found = compare({"predict": place.predict(), "usual": usual}, rounds)
    ours, theirs = found["predict"].wall, found["usual"].wall
    what = "cigate predict of one push, wall: against pandas + joblib + predict_proba"
    yield ratio_row("predict", what, 0.1, ratio(ours, theirs), **_both(ours, theirs))


def _measure_growth(bundle: Bundle, folder: Path, rounds: int, most: int) -> Iterator[Row]:
    young = Workplace(folder / "young", _with_history(bundle, 1_000), 1_000)
    old = Workplace(folder / "old", _with_history(bundle, most), most)
    found = compare({"young": young.push(), "old": old.push()}, rounds)
    what = f"hook wall, {most:,} commits and {most:,} builds: against 1,000 of each"
    ours, theirs = found["old"].wall, found["young"].wall
    yield ratio_row("growth", what, 1.3, ratio(ours, theirs), **_both(ours, theirs))


def _with_history(bundle: Bundle, builds: int) -> Bundle:
    """Return the bundle with the history of `builds` builds in place of its own."""
    from hashlib import sha256

    history = History()
    for record in make_records(builds):
        history.learn(record)
    snapshot, m = history.snapshot(), bundle.manifest
    manifest = Manifest(
        model_id=m.model_id,
        created_at=m.created_at,
        features=m.features,
        model_sha256=m.model_sha256,
        history_sha256=sha256(snapshot).hexdigest(),
        thresholds=m.thresholds,
        base_rate=m.base_rate,
        typical=m.typical,
        synthetic=m.synthetic,
        card=m.card,
    )
    return Bundle(manifest, bundle.model, snapshot)


def _measure_many(bundle: Bundle, folder: Path, rounds: int) -> Iterator[Row]:
    place = Workplace(folder / "many", bundle, 2_000, pushed=1_000)
    refs, refs_git = place.many_refs(1_000)
    sides = {"commits": place.push(), "git": place.git_alone(), "refs": refs, "git refs": refs_git}
    found = compare(sides, rounds)
    for key, name, git, what in (
        ("many_commits", "commits", "git", "a push of 1,000 commits (judged by its newest 200)"),
        ("many_refs", "refs", "git refs", "a push of 1,000 refs, a commit each"),
    ):
        yield from _against_git(key, f"{what}, wall", found[name], found[git])


def _against_git(key: str, what: str, ours: Times, git: Times) -> Iterator[Row]:
    yield number_row(f"{key}_limit", f"{what}, slowest", 5.0, max(ours.wall), "s")
    detail = _both(ours.wall, git.wall)
    yield ratio_row(
        key, f"{what}: against git log of the same commits", 1.5, ratio(ours.wall, git.wall), **detail
    )
