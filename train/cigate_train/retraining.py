"""What a retraining comes to: the new bundle with its model card, and everything that speaks against it.

Pure but for scoring. The card names no author, not even a pseudonym: only what is printed does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap

from cigate.change import BuildRecord
from cigate.features import FEATURES
from cigate.model import Bundle, Manifest
from cigate.replay import in_order

from .card import versions
from .comparison import Comparison, compare
from .export import export
from .layout import WIDTH, entry
from .report import render_report
from .suspicion import LEAST_DOUBT, Suspect, most_suspicious
from .training import Course

RETRAINED, TEXT = "retrain", "text"  # the entries of the card that a retraining adds


@dataclass(frozen=True, slots=True)
class Retraining:
    """A new `bundle`, its card in words, and what speaks against it.

    `is_live` says that the live model was made of the same builds in the same way.
    """

    bundle: Bundle
    text: tuple[str, ...]
    objections: tuple[str, ...]
    is_live: bool


def retrain(
    course: Course,
    history: bytes,
    as_of: int,
    records: Iterable[BuildRecord],
    live: Bundle | None,
    trouble: str = "",
    force: str = "",
) -> Retraining:
    """Export `course`, which learned `records`, and hold it against the `live` model.

    `trouble` says why there is a live model that cannot be compared; `force` is the reason to publish
    whatever speaks against it.

    Raises:
        ModelError: the exported model does not do what was trained.
    """
    plain = export(course, history, as_of).bundle
    if live and _without_additions(live.manifest) == plain.manifest:
        return Retraining(live, _text_of(live.manifest), (), True)
    compared = compare(course, plain, live) if live else None
    suspect = _find_suspect(course, records)
    named = (trouble, compared.objection if compared else "", _contradiction(suspect, named=True))
    unnamed = [trouble, compared.objection if compared else "", _contradiction(suspect, named=False)]
    against = [objection for objection in unnamed if objection]
    reason = force if against else ""
    text = _write_text(course, live, compared, suspect, against, reason)
    told: dict[str, object] = {
        "compared_with": live.manifest.model_id if live else None,
        "held_out": compared.to_plain() if compared else None,
        "authors_checked": suspect is not None,
        "objections": against,
        "forced": reason or None,
    }
    card = {**plain.manifest.card, RETRAINED: told, TEXT: list(text)}
    bundle = Bundle(_with_card(plain.manifest, card), plain.model, plain.history)
    return Retraining(bundle, text, tuple(objection for objection in named if objection), False)


def _find_suspect(course: Course, records: Iterable[BuildRecord]) -> Suspect | None:
    """Return the author who stands out most among the tested builds, which the scoring model never saw."""
    authors = [record.change.author for record in in_order(records) if record.failed is not None]
    late = course.test.late
    return most_suspicious([authors[i] for i in late], course.dataset.failed[late], course.test_scores)


def _contradiction(suspect: Suspect | None, named: bool) -> str:
    if suspect is None or not suspect.contradicts:
        return ""
    who = f"the author {suspect.author}" if named else "one author"
    return (
        f"the newest {suspect.builds} outcomes of {who} contradict what all others imply:"
        f" squared error {suspect.excess:+.3f} beyond theirs, {suspect.doubt:.1f} standard errors in all"
    )


def _write_text(
    course: Course,
    live: Bundle | None,
    compared: Comparison | None,
    suspect: Suspect | None,
    against: Sequence[str],
    reason: str,
) -> tuple[str, ...]:
    """Return the model card in words: the training's report, then what a retraining adds."""
    names = ", ".join(feature.name for feature in FEATURES)
    made_with = ", ".join(f"{name} {version}" for name, version in versions().items())
    lines = [*render_report(course).splitlines(), ""]
    lines += _comparison_lines(live, compared)
    lines += entry("authors", _authors_text(suspect))
    if reason:
        lines += [*wrap(f"PUBLISHED ALL THE SAME: {reason}", WIDTH)]
        lines += [line for objection in against for line in entry("although", objection)]
    lines += [*entry("sees", names), *entry("made by", made_with)]
    return tuple(lines)


def _authors_text(suspect: Suspect | None) -> str:
    if suspect is None:
        return "not checked: too few builds of known authors"
    return _contradiction(suspect, named=False) or (
        f"none contradicts all others; the one who comes nearest does by {suspect.doubt:.1f} standard errors"
        f" of {LEAST_DOUBT:g}"
    )


def _comparison_lines(live: Bundle | None, compared: Comparison | None) -> list[str]:
    if live is None or compared is None:
        return entry("live", "no model to compare with")
    known = "that neither had learned" if compared.unseen else "that are not new to both: few are newer"
    return [
        *entry("live", f"compared with {live.manifest.model_id} on {compared.builds:,} builds {known}"),
        *entry("", f"new:  {compared.new}"),
        *entry("", f"live: {compared.live}"),
    ]


def _text_of(manifest: Manifest) -> tuple[str, ...]:
    text = manifest.card.get(TEXT)
    return tuple(str(line) for line in text) if isinstance(text, list) else ()


def _without_additions(manifest: Manifest) -> Manifest:
    """Return `manifest` as `export` made it."""
    added = (RETRAINED, TEXT)
    return _with_card(manifest, {key: value for key, value in manifest.card.items() if key not in added})


def _with_card(manifest: Manifest, card: dict[str, object]) -> Manifest:
    return Manifest(
        manifest.model_id,
        manifest.created_at,
        manifest.features,
        manifest.model_sha256,
        manifest.history_sha256,
        manifest.thresholds,
        manifest.base_rate,
        manifest.typical,
        manifest.synthetic,
        card,
        manifest.format,
    )
