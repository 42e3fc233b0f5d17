"""`cigate publish`: puts the model of this clone where others pull it from.

Publishes nothing that a pull would refuse.
"""

from __future__ import annotations

import argparse
from time import time

from cigate import sharing

HELP = "publish the model here for others to pull"
EXAMPLE = "cigate publish --to s3://bucket/cigate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate publish` understands."""
    sharing.add_arguments(parser, "--to")


def run(args: argparse.Namespace) -> int:
    """Publish, and say what is the latest now."""
    from cigate.artifacts.bundles import check_bundle, manifest_digest, publish
    from cigate.artifacts.deadline import within
    from cigate.model import read_bundle
    from cigate.reporters.escape import escape

    ours = sharing.open_sharing(args)
    bundle = read_bundle(ours.folder)
    check_bundle(bundle)
    version = within(args.timeout, "publishing", lambda: publish(ours.place, ours.name, bundle, int(time())))
    what = f"{bundle.manifest.model_id} ({manifest_digest(bundle)[:12]})"
    done = "published" if version else "already the latest"
    print(f"{done}: {what} as {ours.name} in {escape(ours.place.shown)}")
    return 0
