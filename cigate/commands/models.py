"""`cigate models`: what was published, going back to an earlier model, and staying with one."""

from __future__ import annotations

import argparse

from cigate import sharing
from cigate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cigate.artifacts.index import Version

HELP = "list and show published models, go back to an earlier one, or stay with one"
EXAMPLE = "cigate models list"
WIDTH = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate models` understands."""
    parser.add_argument(
        "action",
        choices=sorted(ACTIONS),
        help="list all; show one; rollback: make an earlier one the latest for everybody;"
        " pin: let this clone pull no other",
    )
    parser.add_argument(
        "digest", nargs="?", default="", metavar="DIGEST", help="which one, by the digits that list shows"
    )
    parser.add_argument("--off", action="store_true", help="with pin: take whatever is the latest again")
    sharing.add_arguments(parser, "--from")


def run(args: argparse.Namespace) -> int:
    """Do what is asked, within the deadline."""
    if args.off and (args.action != "pin" or args.digest):
        raise UsageError("--off belongs to `cigate models pin`, without a digest", "cigate models pin --off")
    lines = _unpin(args) if args.off else ACTIONS[args.action](sharing.open_sharing(args), args)
    print(*lines, sep="\n")
    return 0


def _unpin(args: argparse.Namespace) -> list[str]:
    """Remove the clone's pin, even one that cannot be read."""
    from cigate.git import Repository

    sharing.write_pin(Repository.open(args.repo or "."), "")
    return ["no longer pinned: cigate pull fetches the latest again"]


def _list(ours: sharing.Sharing, args: argparse.Namespace) -> list[str]:
    from cigate.artifacts.bundles import first_index
    from cigate.artifacts.deadline import within
    from cigate.reporters.text import date_text

    index, _ = within(args.timeout, "asking", lambda: first_index(ours.place, ours.names))
    marks = {"latest": index.latest, "here": sharing.local_digest(ours.folder), "pinned": ours.pin}
    lines = []
    for version in reversed(index.versions):
        marked = ", ".join(mark for mark, digest in marks.items() if digest == version.digest)
        told = f"{version.digest[:12]}  {date_text(version.published_at)}  {version.model_id}  {marked}"
        lines.append(told.rstrip())
    return lines


def _show(ours: sharing.Sharing, args: argparse.Namespace) -> list[str]:
    """Return a published manifest in words: the latest one's unless another is named."""
    from cigate.artifacts.bundles import first_index, read_manifest
    from cigate.artifacts.deadline import within
    from cigate.signing import check_version

    def ask() -> tuple[Version, bytes]:
        index, _ = first_index(ours.place, ours.names)
        version = index.find(args.digest or index.latest)
        if ours.config.signers:
            check_version(ours.place, version, ours.config.signers)
        return version, read_manifest(ours.place, version.digest)

    version, head = within(args.timeout, "asking", ask)
    checked = "good" if ours.config.signers else "there, unchecked: no `signers` are configured"
    return _describe(version, head, checked if version.signature else "none")


def _describe(version: Version, head: bytes, signature: str) -> list[str]:
    from json import dumps

    from cigate.model import parse_manifest
    from cigate.reporters.escape import escape
    from cigate.reporters.text import date_text, limits_text
    from cigate.words import percent_text

    manifest = parse_manifest(head)
    rows = {
        "model": manifest.model_id + ("  (synthetic builds only)" if manifest.synthetic else ""),
        "digest": version.digest,
        "made": date_text(manifest.created_at),
        "published": date_text(version.published_at),
        "signature": signature,
        "features": str(len(manifest.features)),
        "limits": limits_text(manifest.thresholds),
        "base rate": percent_text(manifest.base_rate),
    }
    rows |= {key: dumps(value, sort_keys=True)[:WIDTH] for key, value in sorted(manifest.card.items())}
    return [f"{escape(key):<12}{escape(value)}" for key, value in rows.items()]


def _rollback(ours: sharing.Sharing, args: argparse.Namespace) -> list[str]:
    """Make the model before the latest, or the one named, the latest; refuse what cannot be used."""
    from cigate.artifacts.bundles import known_index, read_objects
    from cigate.artifacts.deadline import within
    from cigate.artifacts.index import render_index
    from cigate.signing import check_version

    def move() -> Version:
        index, tag = known_index(ours.place, ours.name)
        version = index.find(args.digest) if args.digest else index.before_latest()
        if ours.config.signers:
            check_version(ours.place, version, ours.config.signers)
        read_objects(ours.place, version.digest)
        ours.place.move_pointer(ours.name, render_index(index.choose(version.digest)), tag)
        return version

    version = within(args.timeout, "going back", move)
    return [f"latest now: {version.model_id} ({version.digest[:12]})"]


def _pin(ours: sharing.Sharing, args: argparse.Namespace) -> list[str]:
    """Hold this clone to one model, the one that is here unless another is named."""
    from cigate.artifacts.bundles import first_index
    from cigate.artifacts.deadline import within

    if ours.repo is None:
        raise UsageError("only a clone can be pinned", "configure `pin` instead")
    start = args.digest or sharing.local_digest(ours.folder)
    if not start:
        raise UsageError("there is no model here to stay with", "name one; cigate models list shows them")
    index, _ = within(args.timeout, "asking", lambda: first_index(ours.place, ours.names))
    version = index.find(start)
    sharing.write_pin(ours.repo, version.digest)
    return [f"pinned to {version.model_id} ({version.digest[:12]}): cigate pull fetches no other"]


ACTIONS: dict[str, Callable[[sharing.Sharing, argparse.Namespace], list[str]]] = {
    "list": _list,
    "show": _show,
    "rollback": _rollback,
    "pin": _pin,
}
