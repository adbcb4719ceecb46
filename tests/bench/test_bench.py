"""The bench runs on next to no data, and its table and JSON agree. How long anything took is no test."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench.__main__ import measure_all
from bench.case import OURS
from bench.cases import MODULES, cases_of, find
from bench.measure import MeasuringFailed, measure
from bench.table import Row, figure, text, write
from bench.world import Size

TINY = Size(rows=400, training_rows=400, requests=10)
READING = "reading the columns once"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    drift = next(case for case in cases_of("drift") if READING in case.peers)
    small = replace(drift, peers={READING: drift.peers[READING]}, limits={"limit": 60.0}, runs=1, peer_runs=1)
    return measure_all([("drift", small)], TINY)


def test_a_case_has_a_row_for_each_peer_and_limit(rows: list[Row]) -> None:
    reading, limit = rows
    assert (reading.peer_name, limit.peer_name, limit.peer) == (READING, "limit", 60.0)
    assert reading.ours == limit.ours > 0
    assert limit.ratio == 60.0 / limit.ours
    assert reading.peak_mb > 50
    assert limit.peer_peak_mb is None


def test_the_table_and_the_json_agree(rows: list[Row], tmp_path: Path) -> None:
    write(rows, {"rows": TINY.rows}, tmp_path / "deep" / "latest.json")
    kept = json.loads((tmp_path / "deep" / "latest.json").read_text())
    assert kept == {"machine": {"rows": 400}, "rows": [asdict(row) for row in rows]}
    for line, row in zip(text(rows).splitlines()[2:], kept["rows"], strict=True):
        shown = [row["name"], *(f"{figure(row[key])} s" for key in ("ours", "peer")), row["peer_name"]]
        assert all(cell in line for cell in [*shown, figure(row["ratio"])])


def test_cases_are_known_by_their_names() -> None:
    for module in MODULES:
        names = [case.name for case in cases_of(module)]
        assert names
        assert len(set(names)) == len(names)
        assert all(case.peers or case.limits for case in cases_of(module))


def test_a_side_that_fails_says_why(tmp_path: Path) -> None:
    case, *_ = cases_of("drift")
    with pytest.raises(MeasuringFailed, match=r"(?s)ours failed:.*No such file or directory"):
        measure("drift", case, OURS, tmp_path)


def test_a_rate_is_better_when_it_is_higher() -> None:
    assert find("scoring_api", "scoring API, 8 connections").higher_is_better
    assert not cases_of("drift")[0].higher_is_better
