"""What grows how, from a shell: `python -m bench.growth [--only parsing …] [--models 2 10 50]`.

Each curve that was measured replaces its like in docs/growth.json; the others stay. Then
`python -m bench.growth.curves` draws them all.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.growth import pages, parsing
from bench.growth.curves import RECORD
from bench.growth.history import Past, fill
from bench.growth.installation import installation
from bench.growth.rows import seconds_of
from stack.settings import ROOT

Curve = dict[str, Any]
FILES = ("train", "monitor")
SHOWN = ("models", "model", "incidents", "versions", "audit", "scoring")


def measure_parsing(sizes: Sequence[int]) -> Iterator[tuple[str, Curve]]:
    """Read the Dag files of more and more models."""
    series: dict[str, list[tuple[int, float]]] = {}
    memory = []
    for models, made in _installations(sizes):
        whole = parsing.folder(made)
        series.setdefault("the whole folder, stored", []).append((models, whole.cpu_seconds))
        memory.append((models, whole.peak_mb))
        for name in FILES:
            took = parsing.file_seconds(made, ROOT / "dags" / f"{name}.py")
            series.setdefault(f"dags/{name}.py", []).append((models, took))
        before = parsing.file_seconds(made, ROOT / "dags" / "train.py", task_of=f"{made.models[0]}.train")
        series.setdefault("before a task of train", []).append((models, before))
        _say({name: line[-1] for name, line in series.items()} | {"peak_mb": whole.peak_mb})
    yield "parsing", _curve("Reading the Dag files", "models", "processor seconds", series)
    yield (
        "memory",
        _curve("The Dag processor's largest process", "models", "MB", {"Dag processor": memory}),
    )


def measure_pages(sizes: Sequence[int]) -> Iterator[tuple[str, Curve]]:
    """Open the pages of more and more models, each with its past."""
    series: dict[str, list[tuple[int, float]]] = {}
    table = {}
    for models, made in _installations(sizes):
        fill(made.records, made.models, Past(predictions=20_000 * models))
        took = pages.measure(made)
        for name in SHOWN:
            series.setdefault(name, []).append((models, took[name].p95_ms))
        table[models] = {name: asdict(one) for name, one in took.items()}
        _say(table[models])
    yield (
        "pages",
        _curve("Pages", "models", "ms, 95 of 100 answers", series) | {"table": table},
    )


def measure_rows(sizes: Sequence[int]) -> Iterator[tuple[str, Curve]]:
    """Watch and score nights of more and more rows."""
    series: dict[str, list[tuple[int, float]]] = {}
    for size in sizes:
        for name, seconds in seconds_of(size).items():
            series.setdefault(name, []).append((size, seconds))
    yield "rows", _curve("A night's rows", "rows", "seconds", series)


MEASURED: Mapping[str, tuple[Callable[[Sequence[int]], Iterator[tuple[str, Curve]]], tuple[int, ...]]] = {
    "parsing": (measure_parsing, (2, 10, 50)),
    "pages": (measure_pages, (2, 10, 50)),
    "rows": (measure_rows, (10_000, 100_000, 1_000_000)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, and keep it."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=MEASURED, default=tuple(MEASURED), help="some of it")
    parser.add_argument("--sizes", nargs="+", type=int, help="how many models, or rows")
    parser.add_argument("--json", type=Path, default=RECORD, help="where it is kept")
    given = parser.parse_args(arguments)
    record = json.loads(given.json.read_text()) if given.json.exists() else {"curves": {}}
    for name in given.only:
        measure, sizes = MEASURED[name]
        record["curves"] |= dict(measure(given.sizes or sizes))
        given.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


def _installations(sizes: Sequence[int]) -> Iterator[tuple[int, Any]]:
    for models in sizes:
        with TemporaryDirectory(prefix="airlock-growth-") as place, installation(Path(place), models) as made:
            yield models, made


def _curve(title: str, across: str, up: str, series: Mapping[str, Sequence[tuple[int, float]]]) -> Curve:
    return {"title": title, "across": across, "up": up, "series": series}


def _say(found: Mapping[Any, Any]) -> None:
    print(json.dumps(found), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
