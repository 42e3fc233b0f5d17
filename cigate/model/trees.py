"""The trees of a forest: every index in range, every path from a root downwards and short.

Plain checks over the operator's parallel lists; must not assume that a converter wrote them.
"""

from __future__ import annotations

import itertools

from cigate.model.wire import damaged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from cigate.model.messages import Attribute

MAX_DEPTH = 512
MAX_TREES = 2000
# A binary forest may give both columns from one weight a leaf, or one weight for each column.
N_CLASSES = 2

_BRANCHES = frozenset({"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"})
_NODE_INTS = ("featureids", "nodeids", "treeids", "truenodeids", "falsenodeids")
_WEIGHT_INTS = ("ids", "nodeids", "treeids")


class Operator:
    """What tells the two ensemble operators apart: the weights' prefix and the other attributes."""

    __slots__ = ("others", "prefix")
    prefix: Final[str]
    others: Final[dict[str, str]]

    def __init__(self, prefix: str, others: dict[str, str]) -> None:
        self.prefix = prefix
        self.others = {
            "base_values": "floats",
            "nodes_hitrates": "floats",
            "nodes_missing_value_tracks_true": "ints",
            "post_transform": "s",
            **others,
        }


CLASSIFIER = Operator("class", {"classlabels_int64s": "ints"})
REGRESSOR = Operator("target", {"n_targets": "i", "aggregate_function": "s"})


def check_ensemble(attributes: dict[str, Attribute], operator: Operator, n_features: int) -> None:
    """Refuse a TreeEnsemble whose lists are not those of well-formed trees.

    Raises:
        DamagedBundle: with the first thing found.
    """
    kinds = {f"nodes_{name}": "ints" for name in _NODE_INTS}
    kinds |= {f"{operator.prefix}_{name}": "ints" for name in _WEIGHT_INTS}
    kinds |= {"nodes_modes": "strings", "nodes_values": "floats"}
    kinds |= {f"{operator.prefix}_weights": "floats"}
    missing = kinds.keys() - attributes.keys()
    kinds |= operator.others
    unknown = attributes.keys() - kinds.keys()
    if missing or unknown:
        raise damaged(f"has a forest with missing or unknown attributes: {_named(missing, unknown)}")
    for name, attribute in attributes.items():
        if attribute.kind != kinds[name]:
            raise damaged(f"has a forest whose {name} is of another type")
    _check_others(attributes)
    leaves = _check_trees(attributes, n_features)
    _check_weights(attributes, operator.prefix, leaves)


def _named(*names: set[str]) -> str:
    return ", ".join(ascii(name[:60]) for part in names for name in sorted(part))


def _ints(attributes: dict[str, Attribute], name: str) -> list[int]:
    return attributes[name].message.numbers("ints") if name in attributes else []


def _finite(attributes: dict[str, Attribute], name: str) -> list[float]:
    numbers = attributes[name].message.floats("floats") if name in attributes else []
    total = sum(numbers)
    if total - total != 0.0:
        raise damaged(f"has a forest whose {name} are not all finite")
    return numbers


def _check_others(attributes: dict[str, Attribute]) -> None:
    labels = _ints(attributes, "classlabels_int64s")
    if "classlabels_int64s" in attributes and labels != [0, 1]:
        raise damaged("does not tell passed (0) from failed (1)")
    if "n_targets" in attributes and attributes["n_targets"].message.number("i") > N_CLASSES:
        raise damaged("has a forest with more than two columns")
    for name, allowed in (
        (
            "post_transform",
            {"NONE"},
        ),  # of SOFTMAX with two classes ONNX and onnxruntime make different numbers
        ("aggregate_function", {"SUM", "AVERAGE"}),
    ):
        if name in attributes and attributes[name].message.text("s") not in allowed:
            raise damaged(f"has a forest with an unknown {name}")
    if len(_finite(attributes, "base_values")) > N_CLASSES:
        raise damaged("has a forest with more than two base values")


def _check_trees(attributes: dict[str, Attribute], n_features: int) -> set[tuple[int, int]]:
    """Check every node and return the (tree, node) pairs of the leaves."""
    features, nodes, trees, trues, falses = (_ints(attributes, f"nodes_{n}") for n in _NODE_INTS)
    modes = attributes["nodes_modes"].message.texts("strings")
    values = _finite(attributes, "nodes_values")
    lengths = {len(column) for column in (features, nodes, trees, trues, falses, modes, values)}
    lengths |= {len(_finite(attributes, "nodes_hitrates")) or len(nodes)}
    lengths |= {len(_ints(attributes, "nodes_missing_value_tracks_true")) or len(nodes)}
    if len(lengths) != 1 or lengths == {0}:
        raise damaged("has a forest whose lists differ in length")
    if features and not 0 <= min(features) <= max(features) < n_features:
        raise damaged(f"has a forest that reads beyond its {n_features} features")
    if len(set(trees)) > MAX_TREES or min(nodes) < 0:
        raise damaged(f"has a forest of more than {MAX_TREES} trees, or negative node ids")
    names = list(zip(trees, nodes, strict=True))
    # onnxruntime takes a tree's first node for its root: the order must leave no doubt.
    if any(this >= following for this, following in itertools.pairwise(names)):
        raise damaged("has a forest whose nodes are not listed in the order of their ids")
    children = dict(zip(names, zip(modes, trues, falses, strict=True), strict=True))
    return _check_paths(children)


def _check_paths(
    children: dict[tuple[int, int], tuple[str, int, int]],
) -> set[tuple[int, int]]:
    """Check that children come after their parents, have one each, and lie at most MAX_DEPTH down.

    `children` is in the order of its ids, which grow downwards: a parent is met first.
    """
    depths: dict[tuple[int, int], int] = {}
    leaves = set()
    roots: set[int] = set()
    for name, (mode, when_true, when_false) in children.items():
        tree, node = name
        if name not in depths:
            if tree in roots:
                raise damaged("has a tree with two roots")
            roots.add(tree)
        depth = depths.setdefault(name, 1)
        if depth > MAX_DEPTH:
            raise damaged(f"has a tree of more than {MAX_DEPTH} levels")
        if mode == "LEAF":
            leaves.add(name)
            continue
        if mode not in _BRANCHES:
            raise damaged("has a tree with an unknown kind of node")
        for child in (when_true, when_false):
            below = (tree, child)
            if child <= node or below not in children or below in depths:
                raise damaged("has a tree whose branches do not lead downwards to nodes of their own")
            depths[below] = depth + 1
    return leaves


def _check_weights(attributes: dict[str, Attribute], prefix: str, leaves: set[tuple[int, int]]) -> None:
    ids, nodes, trees = (_ints(attributes, f"{prefix}_{name}") for name in _WEIGHT_INTS)
    weights = _finite(attributes, f"{prefix}_weights")
    if len({len(ids), len(nodes), len(trees), len(weights)}) != 1:
        raise damaged("has a forest whose weights differ in number from their places")
    places = list(zip(trees, nodes, strict=True))
    if not set(ids) <= set(range(N_CLASSES)) or set(places) != leaves:
        raise damaged("has a forest whose weights do not stand at its leaves")
    if len(set(zip(places, ids, strict=True))) != len(ids):
        raise damaged("has a leaf with two weights for one column")
