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
    parser.add_argument(
        "--sign",
        metavar="KEY",
        help="sign with this SSH key (a public one's private part may be in an agent)",
    )


def run(args: argparse.Namespace) -> int:
    """Publish, and say what is the latest now."""
    from cigate.artifacts.bundles import check_bundle, manifest_digest, publish
    from cigate.artifacts.deadline import within
    from cigate.errors import UsageError
    from cigate.model import read_bundle, render_manifest
    from cigate.reporters.escape import escape
    from cigate.signing import sign, verify

    ours = sharing.open_sharing(args)
    bundle = read_bundle(ours.folder)
    check_bundle(bundle)
    signers = ours.config.signers
    if signers and not args.sign:
        raise UsageError("the configuration (signers) asks for signed models", "--sign KEY signs this one")
    head = render_manifest(bundle.manifest)
    signature = sign(head, args.sign) if args.sign else b""
    if signers:
        verify(head, signature, signers)
    version = within(
        args.timeout,
        "publishing",
        lambda: publish(ours.place, ours.name, bundle, int(time()), signature),
    )
    what = f"{bundle.manifest.model_id} ({manifest_digest(bundle)[:12]})"
    done = "published" if version else "already the latest"
    print(f"{done}: {what} as {ours.name} in {escape(ours.place.shown)}")
    return 0
