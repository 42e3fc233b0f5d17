"""What `cigate train` holds a repository's own forest against: the starter, or a pooled model in its place.

No command of its own. Must not choose: that is for the builds.
"""

from __future__ import annotations

from cigate import places
from cigate.errors import ModelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.model import Bundle


def read_starter() -> Bundle | None:
    """Return the model that came with cigate, None (and say why) where it cannot be compared."""
    from cigate.model import read_bundle

    try:
        return _checked(read_bundle(places.starter_dir()))
    except ModelError as error:
        print(f"the starter model is not compared: {error}")
        return None


def read_pooled(named: str | None, *here: str) -> Bundle | None:
    """Return the pooled model that is named, else that of the first folder `here` that has one, else None.

    One that is here and cannot be compared is said to be so.

    Raises:
        ModelError: what is named cannot be used.
    """
    from cigate.model import read_bundle
    from cigate_train.rivals import is_pooled

    if named:
        bundle = _checked(read_bundle(named))
        if not is_pooled(bundle):
            raise ModelError(
                f"{named} holds no pooled model", "cigate mine and cigate train --data PREFIX make one"
            )
        return bundle
    try:
        return next((_checked(bundle) for bundle in map(_read, here) if bundle and is_pooled(bundle)), None)
    except ModelError as error:
        print(f"the pooled model is not compared: {error}")
        return None


def _read(folder: str) -> Bundle | None:
    """Return the bundle in a folder, None where there is none, or something damaged."""
    from cigate.model import read_bundle

    try:
        return read_bundle(folder)
    except ModelError:
        return None


def _checked(bundle: Bundle) -> Bundle:
    """Return the bundle, whose features are those of this cigate."""
    from cigate.features import FEATURES
    from cigate.model import check_features

    check_features(bundle.manifest, FEATURES)
    return bundle
