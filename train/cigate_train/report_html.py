"""The report as one HTML page that needs nothing else: no script, no font, no picture from anywhere. Pure.

Words from a repository (paths, names) are escaped on their way in. Must not compute a figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape as escape_html

from cigate.reporters.escape import escape as escape_control

from .report_style import CSS

# Nothing may be fetched, run or sent, whatever is in the page.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
Cell = str | tuple[str, str]


def text(words: str) -> str:
    """Return words of whatever origin as HTML text."""
    return escape_html(escape_control(words))


def page(title: str, head: str, sections: Iterable[str], foot: str) -> str:
    """Return the document; all but the title is HTML already."""
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{text(title)}</title>
<style>
{CSS}</style>
</head>
<body>
<header>
<h1>{text(title)}</h1>
{head}
</header>
<main>
{chr(10).join(sections)}
</main>
<footer>
{foot}
</footer>
</body>
</html>
"""


def section(name: str, title: str, *parts: str) -> str:
    """Return a section that its heading names."""
    inner = "\n".join(part for part in parts if part)
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{text(title)}</h2>\n{inner}\n</section>'


def pair(*sections: str) -> str:
    """Return sections that stand beside each other where there is room."""
    return f'<div class="pair">\n{chr(10).join(sections)}\n</div>'


def paragraph(words: str, kind: str = "") -> str:
    """Return a paragraph."""
    return f"<p{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{text(words)}</p>"


def figure(svg: str) -> str:
    """Return a plot."""
    return f"<figure>\n{svg}\n</figure>"


def cards(entries: Iterable[tuple[str, str, str]]) -> str:
    """Return large figures: what it is, the figure, and what to hold it against."""
    made = (
        f"<div><dt>{text(name)}</dt><dd>{text(value)}<small>{text(beside)}</small></dd></div>"
        for name, value, beside in entries
    )
    return f'<dl class="cards">\n{chr(10).join(made)}\n</dl>'


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]], text_columns: Sequence[int] = ()
) -> str:
    """Return a table that scrolls by itself; a cell may bring a second, smaller line.

    The first column names the row; `text_columns` hold words instead of figures.
    """
    heads = "".join(
        f'<th scope="col"{_kind(number, text_columns)}>{text(name)}</th>' for number, name in enumerate(head)
    )
    body = "\n".join(_row(row, text_columns) for row in rows)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{text(caption)}">\n<table>\n'
        f"<caption>{text(caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n"
        "</table>\n</div>"
    )


def folded(summary: str, inner: str) -> str:
    """Return a part that opens when it is asked for."""
    return f"<details>\n<summary>{text(summary)}</summary>\n{inner}\n</details>"


def definitions(entries: Iterable[tuple[str, str]]) -> str:
    """Return names and what they stand for."""
    made = (f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in entries)
    return f'<div class="card"><dl>\n{chr(10).join(made)}\n</dl></div>'


def _row(row: Sequence[Cell], text_columns: Sequence[int]) -> str:
    first, *others = row
    cells = [f'<th scope="row">{_cell(first)}</th>']
    for number, cell in enumerate(others, 1):
        cells.append(f"<td{_kind(number, text_columns)}>{_cell(cell)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _kind(column: int, text_columns: Sequence[int]) -> str:
    return ' class="text"' if column in text_columns else ""


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return text(cell)
    return f"{text(cell[0])}<small>{text(cell[1])}</small>"
