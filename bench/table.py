"""The result of a run: rows, printed as one table and written as the same in JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HEADER = ("what", "ours", "peer", "by", "ratio", "peak MB ours", "peer")


@dataclass(frozen=True)
class Row:
    """One job, ours beside one peer (or beside a limit, which has no memory).

    `ratio` says how many times better ours is: above 1 ours is faster than the peer, or below the limit.
    """

    name: str
    unit: str
    ours: float
    peer_name: str
    peer: float
    ratio: float
    peak_mb: float
    peer_peak_mb: float | None

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as the table shows it."""
        return (
            self.name,
            f"{figure(self.ours)} {self.unit}",
            f"{figure(self.peer)} {self.unit}",
            self.peer_name,
            f"{figure(self.ratio)}",
            f"{self.peak_mb:.0f}",
            "" if self.peer_peak_mb is None else f"{self.peer_peak_mb:.0f}",
        )


def figure(value: float) -> str:
    """Return a number with three digits that mean something.

    >>> figure(0.01234), figure(1.2345), figure(123.4), figure(12345.6)
    ('0.0123', '1.23', '123', '12,346')
    """
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def text(rows: Sequence[Row]) -> str:
    """Return the table.

    >>> row = Row("reading", "s", 0.1, "pandas", 1.0, 10.0, 90.0, 180.0)
    >>> print(text([row]).splitlines()[2])
    reading  0.1 s  1 s   pandas  10     90            180
    """
    lines = [HEADER, *(row.cells for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEADER))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def write(rows: Sequence[Row], machine: dict[str, object], file: Path) -> None:
    """Write the rows, and what machine they were measured on."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"machine": machine, "rows": [asdict(row) for row in rows]}
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
