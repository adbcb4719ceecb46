"""Latency: measured on real rows, and none where there is no answer."""

import math
import time
from typing import Any

import numpy as np
import pytest

from airlock.examination.weakness.latency import THOUSAND, TIMES, measure_latency
from tests.airlock.examination.weakness.subjects import Formula, answered, income_counts, modelled
from tests.airlock.loans import loan_spec, loans


def test_a_real_model_has_a_latency_for_a_row_and_for_a_thousand() -> None:
    found = measure_latency(modelled(loan_spec(), 300))
    assert 0 < found.row_p50_ms <= found.row_p99_ms
    assert found.thousand_ms > 0
    assert found.measures == {"latency_ms": found.row_p50_ms, "latency_per_thousand_ms": found.thousand_ms}
    assert found.sentence.startswith("One row is answered in ")


def test_rows_are_asked_for_one_by_one_and_a_thousand_at_once() -> None:
    asked: list[int] = []

    def counted(frame: Any) -> np.ndarray:
        asked.append(len(frame))
        return income_counts(frame)

    measure_latency(answered(loan_spec(), Formula(counted), loans(30)))
    at_once = asked[-TIMES:]
    assert set(asked[-TIMES - 30 : -TIMES]) == {1}
    assert at_once == [THOUSAND] * TIMES


def test_time_that_a_model_takes_is_measured() -> None:
    def slow(frame: Any) -> np.ndarray:
        time.sleep(0.002)
        return income_counts(frame)

    found = measure_latency(answered(loan_spec(), Formula(slow), loans(30)))
    assert found.row_p50_ms >= 2


@pytest.mark.parametrize("rows", [0, 3])
def test_too_few_rows_leave_no_figure(rows: int) -> None:
    found = measure_latency(answered(loan_spec(), Formula(income_counts), loans(rows)))
    assert math.isnan(found.row_p50_ms)
    assert set(found.to_json()["measures"].values()) == {None}


def test_a_model_that_raises_leaves_no_figure() -> None:
    rows = loans(30)

    def only_whole(frame: Any) -> np.ndarray:
        if len(frame) < len(rows):
            raise ValueError("too few")
        return income_counts(frame)

    found = measure_latency(answered(loan_spec(), Formula(only_whole), rows))
    assert set(found.to_json()["measures"].values()) == {None}
    assert "ValueError" in found.sentence
