"""What was found: a row for each bar, its verdict, benchmarks/results.json and the tables in the documents.

A run replaces the rows that it measured and leaves the others, so that a long one need not be repeated.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Ratio

RESULTS = Path(__file__).with_name("results.json")
ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- measured: written by `make bench` -->\n", "<!-- end of what was measured -->\n"
SHORT = (
    ("hook_wall", "a push of 20 commits, judged: wall time"),
    ("hook_cpu", "the same, CPU time"),
    ("nothing_deletion", "nothing to judge, against `python -S -E -c pass`"),
    ("predict", "`cigate predict`, against pandas + joblib + scikit-learn on the same forest"),
)


@dataclass(frozen=True)
class Row:
    """One bar and what was measured; `value` must be at most `bar`, at least where `least` says so.

    `low` and `high` are the quartiles, the value itself where it was measured once. `detail` holds the
    medians behind a ratio, in milliseconds unless the name says otherwise.
    """

    key: str
    what: str
    bar: float
    value: float
    low: float
    high: float
    rounds: int
    unit: str = "x"
    least: bool = False
    detail: dict[str, float | str] = field(default_factory=dict)
    load: float = field(default_factory=lambda: round(os.getloadavg()[0], 1))

    @property
    def met(self) -> bool:
        """Return whether the bar holds."""
        return self.value >= self.bar if self.least else self.value <= self.bar


def ratio_row(key: str, what: str, bar: float, found: Ratio, **detail: float | str) -> Row:
    """Return the row of a ratio."""
    value, low, high = (round(number, 3) for number in (found.median, found.low, found.high))
    return Row(key, what, bar, value, low, high, found.rounds, detail=detail)


def number_row(
    key: str, what: str, bar: float, value: float, unit: str, *, least: bool = False, **detail: float | str
) -> Row:
    """Return the row of something that was measured once, in `unit`."""
    value = round(value, 3)
    return Row(key, what, bar, value, value, value, 1, unit, least, detail)


def render(rows: Sequence[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = ["| what | bar | measured | quartiles | runs | verdict |", "|---|---|---|---|---|---|"]
    for row in rows:
        sign = ">=" if row.least else "<="
        spread = f"{_number(row.low)} - {_number(row.high)}" if row.rounds > 1 else ""
        cells = [
            row.what + "".join(f"; {name} {value}" for name, value in row.detail.items()),
            f"{sign} {_number(row.bar)} {row.unit}",
            f"**{_number(row.value)}**",
            spread,
            str(row.rounds),
            "met" if row.met else "missed",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def render_short(rows: Sequence[Row]) -> str:
    """Return README's choice of the rows as a table in Markdown."""
    values = {row.key: row.value for row in rows}
    lines = [f"| {what} | {values[key]:.2g} |" for key, what in SHORT if key in values]
    return "\n".join(["| | x |", "|---|---|", *lines]) + "\n"


def read_rows() -> list[Row]:
    """Return the rows of results.json."""
    whole = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {"rows": []}
    return [_row(plain) for plain in whole["rows"]]


def documents(rows: Sequence[Row]) -> dict[Path, str]:
    """Return the text of each document that quotes `rows`, with its table made anew."""
    tables = {
        ROOT / "docs" / "performance.md": render(rows),
        ROOT / "README.md": render_short(rows),
    }
    texts = {}
    for path, table in tables.items():
        before, _, rest = path.read_text("utf-8").partition(BEGIN)
        texts[path] = before + BEGIN + "\n" + table + "\n" + END + rest.partition(END)[2]
    return texts


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


def update(rows: Iterable[Row]) -> list[Row]:
    """Write `rows` into results.json beside those that were not measured again; return all of them."""
    whole = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {"rows": []}
    kept = {plain["key"]: plain for plain in whole["rows"]}
    at = datetime.now(UTC).strftime("%Y-%m-%d")
    for row in rows:
        kept[row.key] = asdict(row) | {"met": row.met, "measured": at}
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "note": "ORT_DISABLE_TELEMETRY=1 on both sides; ratios of interleaved runs, medians; load: see rows",
    }
    RESULTS.write_text(
        json.dumps({"machine": machine, "rows": list(kept.values())}, indent=1) + "\n", "utf-8"
    )
    return [_row(plain) for plain in kept.values()]


def _row(plain: dict[str, object]) -> Row:
    fields = {name: value for name, value in plain.items() if name not in ("met", "measured")}
    return Row(**fields)  # type: ignore[arg-type]
