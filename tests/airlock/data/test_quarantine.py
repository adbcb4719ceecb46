"""Quarantine: what becomes of a row depends on what it breaks and on what people decided about it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from airlock.data.quarantine import FaultyRow, Quarantine, State, forgive, quarantine
from airlock.data.validation import Check, ValidationResult

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNDER_AGE, NO_INCOME = "age must be at least 18.", "income values must never be null."


@dataclass(frozen=True)
class Decision:
    row_digest: str
    entity_key: str | None
    state: State


def table_of(*keys: str | None, **changes: Any) -> pa.Table:
    columns = {
        "loan": pa.array(keys, pa.string()),
        "made_at": [NOON] * len(keys),
        "income": [1.5] * len(keys),
    }
    return pa.table(columns | changes)


def apart(
    table: pa.Table, reasons: dict[int, tuple[str, ...]], *settled: Decision, allowed: float = 0.5
) -> Quarantine:
    return quarantine(table, reasons, settled, entity_key="loan", allowed=allowed)


def decided(row: FaultyRow, state: State) -> Decision:
    return Decision(row.row_digest, row.entity_key, state)


TABLE = table_of("a", "b", "c", "d")
FAULTS = {1: (UNDER_AGE,), 2: (UNDER_AGE, NO_INCOME)}
FOUND = apart(TABLE, FAULTS)


def test_rows_at_fault_are_held_with_their_reasons_and_the_others_go_on() -> None:
    assert [(row.place, row.entity_key, row.reasons) for row in FOUND.held] == [
        (1, "b", (UNDER_AGE,)),
        (2, "c", (UNDER_AGE, NO_INCOME)),
    ]
    assert FOUND.held[0].row == {"loan": "b", "made_at": "2026-03-02T12:00:00+00:00", "income": 1.5}
    assert FOUND.rest(TABLE) == TABLE.take([0, 3])


def test_a_released_row_goes_on_and_a_dropped_one_stays_out_without_counting() -> None:
    first, second = FOUND.held
    found = apart(TABLE, FAULTS, decided(first, "released"), decided(second, "dropped"), allowed=0)
    assert (found.held, found.released, found.dropped) == ((), (first,), (second,))
    assert found.kept == (0, 1, 3)
    assert (found.share, found.exceeded) == (0, False)


def test_a_dropped_row_stays_out_even_when_it_breaks_nothing_any_more() -> None:
    found = apart(TABLE, {}, decided(FOUND.held[0], "dropped"))
    assert [row.place for row in found.dropped] == [1]
    assert found.kept == (0, 2, 3)


def test_a_dropped_row_without_an_entity_key_is_found_again() -> None:
    table = table_of("a", None)
    row = apart(table, {1: ("loan values must never be null.",)}).held[0]
    assert row.entity_key is None
    assert apart(table, {}, decided(row, "dropped")).kept == (0,)


def test_a_released_row_that_breaks_nothing_is_a_row_like_any_other() -> None:
    found = apart(TABLE, {}, decided(FOUND.held[0], "released"))
    assert (found.released, found.kept) == ((), (0, 1, 2, 3))


def test_a_corrected_row_is_a_new_row() -> None:
    corrected = table_of("a", "b", "c", "d", income=[1.5, 2.5, 1.5, 1.5])
    first, second = (decided(row, "dropped") for row in FOUND.held)
    assert [row.place for row in apart(corrected, FAULTS, first, second).held] == [1]
    assert apart(corrected, {}, first).kept == (0, 1, 2, 3)


def test_of_rows_that_are_the_same_one_can_be_dropped() -> None:
    doubles = table_of("a", "b", "b", "b")
    unique = dict.fromkeys((1, 2, 3), ("loan values must be unique.",))
    held = apart(doubles, unique).held
    assert len({row.row_digest for row in held}) == 3
    found = apart(doubles, unique, decided(held[0], "released"), decided(held[2], "dropped"))
    assert (found.kept, [row.place for row in found.held]) == ((0, 1), [2])


def test_the_share_is_of_all_rows_and_may_be_reached_but_not_passed() -> None:
    assert FOUND.share == 0.5
    assert not FOUND.exceeded
    assert replace(FOUND, allowed=0.49).exceeded
    assert not Quarantine(rows=0, allowed=0).exceeded


def test_the_summary_counts_reasons_and_shows_no_value() -> None:
    assert FOUND.to_json() == {
        "held": 2,
        "released": 0,
        "dropped": 0,
        "share": 0.5,
        "allowed": 0.5,
        "reasons": [{"sentence": UNDER_AGE, "rows": 2}, {"sentence": NO_INCOME, "rows": 1}],
    }
    assert FOUND.sentence == "2 of 4 rows (50 %) are held, and up to 50 % may be."
    assert replace(FOUND, allowed=0.0).sentence.endswith("are held, and none may be.")
    assert apart(TABLE, {}).sentence == ""


@given(
    faulty=st.lists(st.booleans(), min_size=1, max_size=12),
    states=st.lists(st.sampled_from(["held", "released", "dropped"]), min_size=12, max_size=12),
)
def test_every_row_goes_exactly_one_way(faulty: list[bool], states: list[State]) -> None:
    keys = (f"loan {number % 5}" for number in range(len(faulty)))
    table = table_of(*keys, income=[float(broken) for broken in faulty])
    reasons = {place: (UNDER_AGE,) for place, broken in enumerate(faulty) if broken}
    held = apart(table, reasons).held
    decisions = [decided(row, state) for row, state in zip(held, states, strict=False) if state != "held"]
    found = apart(table, reasons, *decisions)
    ways = [row.place for group in (found.held, found.released, found.dropped) for row in group]
    assert sorted(ways) == sorted(reasons)
    assert len(found.kept) == len(faulty) - len(found.held) - len(found.dropped)
    assert {row.place for row in found.released} <= set(found.kept)


def test_only_what_released_rows_alone_break_is_forgiven() -> None:
    failed = Check("expect_a", "a", "critical", success=False, sentence="A.", observed="2 of 9 unexpected")
    result = ValidationResult("own", 9, (failed, failed, failed))
    forgiven = forgive(result, {0: (1, 2), 1: (1, 3)}, released=(1, 2)).checks
    assert [check.success for check in forgiven] == [True, False, False]
    assert forgiven[0].observed == "2 of 9 unexpected, all of them released by a person"
    assert forgiven[1:] == result.checks[1:]
