"""The two plots about the field, as SVG of the same bytes each time. Needs matplotlib, of the extra `dev`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.quality.field import STEPS, Field, ahead
from benchmarks.quality.rivals import CIGATE, TITLES

COLOURS = {
    CIGATE: "#c2410c",
    "forest": "#0f766e",
    "boosted": "#2563eb",
    "rule": "#6b7280",
    "echo": "#9ca3af",
    "five": "#d4a72c",
}


def draw(field: Field, folder: str) -> list[str]:
    """Write both plots into `folder` and return their names."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "cigate", "font.size": 9, "axes.spines.right": False})
    import matplotlib.pyplot as plt

    names = []
    for name, made in (("auc.svg", _projects(plt, field)), ("recall.svg", _curves(plt, field))):
        made.savefig(Path(folder) / name, metadata={"Date": None}, bbox_inches="tight")
        plt.close(made)
        names.append(name)
    return names


def _projects(plt: Any, field: Field) -> Any:
    """Return a line a project with everybody's AUC on it."""
    rows = ahead(field)
    figure, axes = plt.subplots(figsize=(7, 1.5 + 0.22 * len(rows)))
    for place, (_, aucs) in enumerate(rows):
        axes.plot([min(aucs.values()), max(aucs.values())], [place, place], color="#e5e7eb", zorder=1)
    for name, title in reversed(TITLES.items()):
        places = range(len(rows))
        axes.scatter([aucs[name] for _, aucs in rows], places, 22, COLOURS[name], label=title, zorder=2)
    axes.set_yticks(range(len(rows)), [project for project, _ in rows])
    axes.set_xlabel("AUC on the newer half of the project's builds")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, ncols=2, fontsize=7)
    return figure


def _curves(plt: Any, field: Field) -> Any:
    """Return the share of failures caught over the share of good builds alarmed, in the mean of projects."""
    figure, axes = plt.subplots(figsize=(6, 4.5))
    for name, title in TITLES.items():
        axes.plot(STEPS, field.curves[name], color=COLOURS[name], label=title, lw=2 if name == CIGATE else 1)
    axes.set_xlabel("builds that passed, alarmed")
    axes.set_ylabel("builds that failed, caught")
    axes.legend(loc="lower right", frameon=False, fontsize=7)
    return figure
