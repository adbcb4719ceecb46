"""Drawing what was measured: `python -m bench.growth.curves` makes docs/images/growth-*.svg."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from bench.table import figure
from stack.settings import ROOT

RECORD = ROOT / "docs" / "growth.json"
IMAGES = ROOT / "docs" / "images"
#: Each is told from white and from black.
COLOURS = ("#3b82c4", "#d0701c", "#2f9e6e", "#a05fc0")
QUIET = "#7d8590"
#: The same figures make the same file, and its words stay words.
REPEATABLE = {"svg.hashsalt": "airlock", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}


def draw(record: Mapping[str, Any], images: Path) -> list[Path]:
    """Draw every curve of a record, and return the files."""
    with matplotlib.rc_context(REPEATABLE):
        return [_drawn(curve, images / f"growth-{name}.svg") for name, curve in record["curves"].items()]


def _drawn(curve: Mapping[str, Any], file: Path) -> Path:
    picture = Figure(figsize=(7.2, 3.4), layout="constrained")
    axes = picture.add_subplot()
    for (name, points), colour in zip(curve["series"].items(), COLOURS, strict=False):
        axes.plot(*zip(*points, strict=True), marker="o", color=colour, label=name)
    axes.set(xscale="log", yscale="log")
    axes.set_title(curve["title"], color=QUIET, loc="left")
    axes.set_xlabel(curve["across"], color=QUIET)
    axes.set_ylabel(curve["up"], color=QUIET)
    axes.xaxis.set_major_locator(
        FixedLocator(sorted({x for line in curve["series"].values() for x, _ in line}))
    )
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    for ruler in (axes.xaxis, axes.yaxis):
        ruler.set_major_formatter(FuncFormatter(lambda value, _: figure(value)))
        ruler.set_minor_formatter(NullFormatter())
    axes.tick_params(which="both", colors=QUIET)
    axes.spines[:].set_visible(False)
    axes.grid(color=QUIET, alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, labelcolor="linecolor")
    picture.savefig(file, transparent=True, metadata={"Date": None, "Title": curve["title"]})
    return file


if __name__ == "__main__":
    for made in draw(json.loads(RECORD.read_text(encoding="utf-8")), IMAGES):
        print(made.relative_to(ROOT))
