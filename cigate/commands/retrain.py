"""`cigate retrain`: trains from the team's store, holds the result against the live model, publishes it.

What is worse than the live model, or learned from outcomes that contradict all others, is not published
unless somebody says why it should be; that reason goes into the model card. Needs no repository.
"""

from __future__ import annotations

import argparse
import os
from importlib.util import find_spec
from time import time

from cigate import sharing
from cigate.commands.aims import add_aim_arguments, read_costs
from cigate.commands.train import NEEDED, learn, parse_seed, read_store
from cigate.errors import DamagedBundle, GitError, MissingExtra, Overtaken, UnknownFeature, UsageError
from cigate.runflags import STORE_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.artifacts import Artifacts
    from cigate.config import Config
    from cigate.git import Repository
    from cigate.model import Bundle
    from cigate.shelf import Shelf
    from cigate_train.retraining import Retraining

HELP = "train from the team's store, and publish the model unless the published one is better"
EXAMPLE = "cigate retrain --store postgresql://cigate@db/cigate --publish s3://bucket/cigate"
KEPT = 4
LONGEST_REASON = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate retrain` understands."""
    add = parser.add_argument
    add("--store", metavar="URL", help=f"where records are (default: the variable {STORE_VARIABLE})")
    add(
        "--publish",
        metavar="URL",
        help="the place for models (default: `artifacts`, configured)",
    )
    add(
        "--name",
        default=sharing.NAME,
        metavar="NAME",
        help="which of the models kept there (default: default)",
    )
    add("--workflow", metavar="NAME", help="take only this workflow's builds")
    add_aim_arguments(parser)
    add("--seed", type=parse_seed, default=0, metavar="N", help="seed of all chance (default: 0)")
    add(
        "--force",
        type=parse_reason,
        metavar="REASON",
        help="publish whatever speaks against it; the reason is written into the model card",
    )
    add("--dry-run", action="store_true", help="do all of it but publish")
    add(
        "--sign",
        metavar="KEY",
        help="sign with this SSH key (a public one's private part may be in an agent)",
    )
    add(
        "--timeout",
        type=sharing.parse_timeout,
        default=sharing.TIMEOUT_S,
        metavar="SECONDS",
        help="give up a fetch or a publication that takes longer (default: 30)",
    )


def parse_reason(text: str) -> str:
    """Return the reason that `--force` gives; argparse says what is wrong with it."""
    reason = " ".join(text.split())
    if not reason or not reason.isprintable() or len(reason) > LONGEST_REASON:
        raise argparse.ArgumentTypeError(f"must be a sentence of at most {LONGEST_REASON} characters")
    return reason


def run(args: argparse.Namespace) -> int:
    """Train, compare, print the model card, and publish; 0 where the new model is the latest, else 4."""
    if any(find_spec(name) is None for name in NEEDED):
        raise MissingExtra("cigate retrain", "train")
    from cigate.artifacts.bundles import check_bundle
    from cigate_train.retraining import retrain

    costs = read_costs(args)
    config = _read_config(args)
    place, url = _open_places(args, config)
    records = _read_records(url, config.workflow)
    course, snapshot, as_of = learn(records, args.seed, args.budget, costs)
    digest, live, trouble = _fetch_live(args, place, config)
    made = retrain(course, snapshot, as_of, records, live, trouble, args.force or "")
    check_bundle(made.bundle)
    print(*made.text, sep="\n")
    return _settle(args, place, config, made, digest)


def _read_config(args: argparse.Namespace) -> Config:
    from cigate.config import read_config

    repo = _find_repo()
    return read_config(repo.top if repo else None, os.environ, {"workflow": args.workflow})


def _find_repo() -> Repository | None:
    from cigate.git import Repository

    try:
        return Repository.open(".")
    except GitError:
        return None


def _open_places(args: argparse.Namespace, config: Config) -> tuple[Artifacts, str]:
    """Return where models go and the URL of the store; everything is checked before the long work."""
    from cigate.artifacts import open_artifacts
    from cigate.artifacts.layout import check_name

    url = args.store or os.environ.get(STORE_VARIABLE, "").strip()
    if not url:
        raise UsageError("no store of builds is named", f"give --store URL, or set {STORE_VARIABLE}")
    models = args.publish or config.artifacts
    if not models:
        raise UsageError("no place for models is named", "give --publish URL, or configure `artifacts`")
    check_name(args.name)
    if config.signers and not args.sign and not args.dry_run:
        raise UsageError("the configuration (signers) asks for signed models", "--sign KEY signs this one")
    return open_artifacts(models), url


def _read_records(url: str, workflow: str) -> Shelf:
    from cigate.stores import open_store

    store = open_store(url)
    try:
        return read_store(store, workflow, None)
    finally:
        store.close()


def _fetch_live(args: argparse.Namespace, place: Artifacts, config: Config) -> tuple[str, Bundle | None, str]:
    """Return the digest of the published latest ("": none), the model, and why it cannot be compared.

    Raises:
        ArtifactError: the place does not answer, or the model there is signed by somebody unknown.
    """
    from cigate.artifacts.bundles import read_index, read_objects
    from cigate.artifacts.deadline import within
    from cigate.signing import check_version

    def fetch() -> tuple[str, Bundle | None, str]:
        index, _ = read_index(place, args.name)
        if not index.latest:
            return "", None, ""
        version = index.find(index.latest)
        if config.signers and not version.signature:
            return index.latest, None, "the live model is not signed, and is not asked therefore"
        if config.signers:
            check_version(place, version, config.signers)
        try:
            return index.latest, read_objects(place, index.latest), ""
        except (DamagedBundle, UnknownFeature) as error:
            return index.latest, None, f"the live model cannot be compared: {error}"

    return within(args.timeout, "fetching the live model", fetch)


def _settle(args: argparse.Namespace, place: Artifacts, config: Config, made: Retraining, digest: str) -> int:
    """Publish where that is right and wanted, say what was done, and return the exit code."""
    from cigate.reporters.escape import escape

    where = f"as {args.name} in {escape(place.shown)}"
    if made.is_live:
        print(f"already the latest: {made.bundle.manifest.model_id} ({digest[:12]}) {where}")
        return 0
    for objection in made.objections:
        print(f"against {objection}")
    if made.objections and not args.force:
        print(f"kept    {'the live model' if digest else 'nothing is published'} {where}")
        print("        look into it; --force REASON publishes anyway, and the card will say why")
        return KEPT
    if args.dry_run:
        print(f"dry run: {made.bundle.manifest.model_id} would be published {where}")
        return 0
    new = _publish(args, place, config, made.bundle, digest)
    print(f"published: {made.bundle.manifest.model_id} ({new[:12]}) {where}")
    return 0


def _publish(args: argparse.Namespace, place: Artifacts, config: Config, bundle: Bundle, digest: str) -> str:
    """Publish `bundle` unless another model than `digest` has become the latest; return its digest."""
    from cigate.artifacts.bundles import manifest_digest, publish, read_index
    from cigate.artifacts.deadline import within
    from cigate.model import render_manifest
    from cigate.signing import sign, verify

    head = render_manifest(bundle.manifest)
    signature = sign(head, args.sign) if args.sign else b""
    if config.signers:
        verify(head, signature, config.signers)

    def work() -> str:
        if read_index(place, args.name)[0].latest != digest:
            raise Overtaken(
                f"another model was published under the name {args.name} while this one was compared",
                "run it again: it is then compared with that one",
            )
        publish(place, args.name, bundle, int(time()), signature)
        return manifest_digest(bundle)

    return within(args.timeout, "publishing", work)
