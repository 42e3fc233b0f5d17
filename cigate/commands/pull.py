"""`cigate pull`: fetches the published model, and uses it only when all of it has proved right.

Never runs in a hook. Whatever fails, the model that was here stays.
"""

from __future__ import annotations

import argparse
from time import time

from cigate import sharing
from cigate.errors import CigateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.model import Bundle

HELP = "fetch the model that was published"
EXAMPLE = "cigate pull --from s3://bucket/cigate --if-older-than 6h"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate pull` understands."""
    sharing.add_arguments(parser, "--from")
    parser.add_argument(
        "--if-older-than",
        type=sharing.parse_age,
        default=0,
        metavar="AGE",
        help="do nothing where the last successful pull is younger: 90s, 15min, 6h, 2d",
    )


def run(args: argparse.Namespace) -> int:
    """Pull where it is time, and say what judges from now on."""
    from cigate.artifacts.deadline import within
    from cigate.model import has_bundle, write_bundle
    from cigate.reporters.escape import escape
    from cigate.words import duration_text

    ours = sharing.open_sharing(args)
    at = int(time())
    age_s = at - sharing.checked_at(ours)
    if 0 <= age_s < args.if_older_than:
        print(f"not due: pulled {duration_text(age_s)} ago")
        return 0
    try:
        digest, name, bundle = within(args.timeout, "pulling", lambda: fetch(ours))
        if bundle is not None:
            write_bundle(ours.folder, bundle)
    except CigateError as error:
        if has_bundle(ours.folder):
            error.hint = "; ".join(filter(None, (error.hint, "the model that is here stays in use")))
        raise
    sharing.note_check(ours, at)
    pinned = ", as pinned" if ours.pin else ""
    what = bundle.manifest.model_id if bundle else "nothing new"
    known = f"as {name} " if name not in ("", sharing.NAME) else ""
    print(f"{'pulled' if bundle else 'up to date'}: {what} ({digest[:12]}{pinned})", end=" ")
    print(f"{known}from {escape(ours.place.shown)}")
    return 0


def fetch(ours: sharing.Sharing) -> tuple[str, str, Bundle | None]:
    """Return the digest of the model that should be here, its name, and the model unless it is here already.

    The name is "" where a pin alone says which model it is.
    """
    from cigate.artifacts.bundles import first_index, read_objects
    from cigate.signing import check_version

    digest, name, signers = ours.pin, "", ours.config.signers
    if signers or not digest:
        index, name = first_index(ours.place, ours.names)
        digest = digest or index.latest
        if signers:
            check_version(ours.place, index.find(digest), signers)
    if digest == sharing.local_digest(ours.folder):
        return digest, name, None
    return digest, name, read_objects(ours.place, digest)
