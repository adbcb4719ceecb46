"""The look of every picture, and how one becomes bytes: the same figure gives the same SVG and PNG."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: Colours that people with any colour vision tell apart, also in grey; a page may set them by their names.
INK, SOFT, LINE, MAIN, ACCENT = "#1c2330", "#5b6576", "#d5dae2", "#2563a8", "#c05a10"
NAMES: Mapping[str, str] = {INK: "ink", SOFT: "soft", LINE: "line", MAIN: "main", ACCENT: "accent"}

LOOK = {
    "font.size": 9,
    "font.family": ["sans-serif"],
    "svg.fonttype": "none",
    "text.parse_math": False,  # names come from data, where a dollar is a dollar
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
WIDTH, HEIGHT = 4.6, 3.3
DOTS_PER_INCH = 180
FONTS = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
#: Whoever writes the metadata of a picture writes when; without any, equal pictures are equal files.
NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@dataclass(frozen=True)
class Plot:
    """A drawn picture: what it is called, what it shows in words, and its bytes."""

    key: str
    title: str
    says: str
    svg: str
    png: bytes


@contextmanager
def canvas(width: float = WIDTH, height: float = HEIGHT) -> Iterator[tuple[Figure, Axes]]:
    """Lend an empty figure, in inches, in the look that all of them have."""
    with matplotlib.rc_context(LOOK):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.add_subplot()


def finish(figure: Figure, key: str, title: str, says: str) -> Plot:
    """Turn a figure into bytes; to be called within its `canvas`."""
    with matplotlib.rc_context({"svg.hashsalt": key}):
        return Plot(key, title, says, _svg(figure), _png(figure))


def _svg(figure: Figure) -> str:
    file = BytesIO()
    figure.savefig(file, format="svg", metadata=NO_METADATA)
    text = file.getvalue().decode()
    drawing = text[text.index("<svg") :]
    drawing = re.sub(r' id="[\w.]+_\d+"', "", drawing)  # many pictures share a page, and ids must not
    drawing = re.sub(r"<defs>\s*<style.*?</defs>", "", drawing, count=1, flags=re.DOTALL)
    drawing = re.sub(r'(<svg[^>]*?) width="[^"]*"| height="[^"]*"', r"\1", drawing, count=2)
    drawing = re.sub(r"'DejaVu Sans'[^;\"]*|\bsans-serif\b", FONTS, drawing)
    for colour, name in NAMES.items():
        drawing = drawing.replace(colour, f"var(--{name}, {colour})")
    return drawing.strip()


def _png(figure: Figure) -> bytes:
    file = BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_PER_INCH, facecolor="white", metadata={"Software": None})
    return file.getvalue()
