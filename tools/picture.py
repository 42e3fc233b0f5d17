"""Draws what a warned push prints, colours and all, as an SVG file: `python -m tools.picture FILE`.

The text is what the demo's push has just printed, on a terminal of its own; nothing is written by hand,
and only git's progress lines are left out.
"""

from __future__ import annotations

import os
import pty
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from tools.typed import WIDTH

PROGRESS = ("Enumerating", "Counting", "Delta", "Compressing", "Writing", "Total")

# rich's own frame loads a font from another server; a picture in a README must not.
FRAME = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-family: system-ui, sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def draw(printed: str, title: str) -> str:
    """Return the SVG of a terminal that shows `printed`, escape sequences for colours included."""
    console = Console(
        record=True, width=WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    for line in printed.rstrip().split("\n"):
        if line.startswith(PROGRESS):
            continue
        console.print(Text.from_ansi(line), soft_wrap=False)
    return console.export_svg(title=title, theme=DIMMED_MONOKAI, code_format=FRAME, unique_id="cigate")


def main() -> int:
    """Run the demo on a terminal and draw its warned push into the file named on the command line."""
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "push.txt"
        status = pty.spawn([sys.executable, "-m", "tools.demo", "--save-push", str(saved)])
        if code := os.waitstatus_to_exitcode(status):
            return code
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(draw(saved.read_text("utf-8"), "a push that cigate warns about"), "utf-8")
    print(f"wrote {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
