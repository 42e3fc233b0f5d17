"""A matplotlib figure as an inline SVG that takes its colours from the page and its words from us.

Same figure, same bytes: no date, no random ids. Must not decide what is drawn.
"""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Each role has a colour that nothing else has; the style sheet says what it looks like, light and dark.
ROLES: Final = ("ink", "faint", "muted", "model", "rule", "echo", "fail")
COLORS: Final = {role: f"#0{n}0{n}0{n}" for n, role in enumerate(ROLES, 1)}
STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "font.size": 10,
    "text.color": COLORS["ink"],
    "axes.edgecolor": COLORS["faint"],
    "axes.labelcolor": COLORS["muted"],
    "xtick.color": COLORS["faint"],
    "ytick.color": COLORS["faint"],
    "xtick.labelcolor": COLORS["muted"],
    "ytick.labelcolor": COLORS["muted"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": COLORS["faint"],
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
}


def inline_svg(figure: Figure, name: str, title: str, description: str) -> str:
    """Return the figure as an <svg> element; `name` makes its ids differ from those of other figures."""
    import matplotlib as mpl

    out = io.StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    body = text[text.index(">", text.index("<svg")) + 1 :]
    (box,) = re.findall(r'viewBox="([^"]+)"', text)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.S)
    body = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{name}-", body)
    for role, color in COLORS.items():
        body = body.replace(color, f"var(--{role})")
    labels = (
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}"'
        f' role="img" aria-labelledby="{name}-title {name}-desc">{labels}{body.strip()}'
    )
