"""THE list of features, and the only place where a Change becomes numbers.

Training and every push call `vector`; the cast to float32 happens here, once. Pure: no I/O, no clock.
Adding a feature appends to a group; changing what one means raises its version.
"""

from __future__ import annotations

from array import array

from cigate.features.feature import UNKNOWN, Feature
from cigate.features.moment import Moment, ProjectView
from cigate.features.outcomes import BRANCH, GROUND, PROJECT
from cigate.features.paths import PATHS
from cigate.features.people import AUTHOR
from cigate.features.shape import KINDS, MESSAGE, SIZE, TIME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cigate.change import Change
    from cigate.history import History

GROUPS = (
    ("The branch", BRANCH),
    ("What the branch stands on", GROUND),
    ("The project", PROJECT),
    ("The author", AUTHOR),
    ("The touched files", PATHS),
    ("The size of the change", SIZE),
    ("The kinds of files", KINDS),
    ("The message", MESSAGE),
    ("Time", TIME),
)
FEATURES: tuple[Feature, ...] = tuple(feature for _, group in GROUPS for feature in group)
_VALUES = tuple(feature.value for feature in FEATURES)

__all__ = ["FEATURES", "GROUPS", "UNKNOWN", "Feature", "Moment", "moments_of", "vector", "vector_of"]


def vector(change: Change, history: History, at: int | None = None) -> array[float]:
    """Return the features of `change` as float32, in the order of FEATURES.

    `at` is the moment of judging in Unix seconds, the push itself where it is not given.
    """
    return vector_of(Moment(change, history, change.pushed_at if at is None else at))


def vector_of(moment: Moment) -> array[float]:
    """Return the features of a moment that was already looked up."""
    return array("f", [value(moment) for value in _VALUES])


def moments_of(changes: Iterable[Change], history: History) -> list[Moment]:
    """Return the moment of each change's push; pushes of one second share what is known of the project."""
    views: dict[int, ProjectView] = {}
    found = []
    for change in changes:
        at = change.pushed_at
        project = views.get(at)
        if project is None:
            project = views[at] = ProjectView(history, at)
        found.append(Moment(change, history, at, project=project))
    return found
