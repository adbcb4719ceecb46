"""What a challenger and the champion answered is added up from the log, each entity once."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from airlock.governance.predictions import PredictionRow
from airlock.governance.trials import Tally, first_answers, pairs, tallies
from tests.airlock.governance.records import MOMENT, log

CHAMPION, CHALLENGER = 1, 2
BOTH: dict[str, Any] = {"champion": CHAMPION, "challenger": CHALLENGER, "since": MOMENT}
SECOND = timedelta(seconds=1)


def row(
    version: int, entity: str | None, score: float | None = 0.5, prediction: str = "true", **more: Any
) -> Any:
    facts: dict[str, Any] = {
        "id": uuid.uuid4(),
        "model": "loans",
        "version": version,
        "source": "api",
        "purpose": "decision",
        "entity_key": entity,
        "features": {},
        "score": score,
        "prediction": prediction,
        "run_key": None,
        "event_time": MOMENT,
        "scored_at": MOMENT + SECOND,
    }
    return PredictionRow(**facts | more)


def failed(beside: PredictionRow) -> PredictionRow:
    """Return what is logged of a challenger that failed on a row which the champion answered."""
    return shadow(beside, None, "")


def shadow(beside: PredictionRow, score: float | None, prediction: str) -> PredictionRow:
    return row(
        CHALLENGER,
        beside.entity_key,
        score,
        prediction,
        purpose="shadow",
        run_key=str(beside.id),
        scored_at=beside.scored_at,
    )


def by_label(conn: Connection) -> set[tuple[int, str | None, int, int]]:
    found = tallies(conn, "loans", **BOTH, by_label=True)
    return {(one.version, one.label, one.rows, one.answered) for one in found}


def test_answers_are_counted_by_version_and_label(conn: Connection) -> None:
    log(conn, [row(1, "a"), row(1, "b", prediction="false"), row(1, "c"), row(2, "d")])
    assert by_label(conn) == {(1, "true", 2, 2), (1, "false", 1, 1), (2, "true", 1, 1)}


def test_numbers_have_a_mean_and_a_variance(conn: Connection) -> None:
    log(conn, [row(2, name, score, str(score)) for name, score in (("a", 1.0), ("b", 2.0), ("c", 3.0))])
    assert tallies(conn, "loans", **BOTH, by_label=False) == (Tally(2, None, 3, 3, 2.0, 1.0),)


def test_an_entity_counts_once_with_its_first_answer(conn: Connection) -> None:
    again = [row(2, "a", prediction="false", scored_at=MOMENT + place * SECOND) for place in range(2, 9)]
    log(conn, [*again, row(2, "a"), row(1, "a", scored_at=MOMENT + 20 * SECOND)])
    assert by_label(conn) == {(2, "true", 1, 1)}


def test_rows_without_an_entity_are_entities_of_their_own(conn: Connection) -> None:
    log(conn, [row(1, None), row(1, None), row(2, None)])
    assert by_label(conn) == {(1, "true", 2, 2), (2, "true", 1, 1)}


@pytest.mark.parametrize("entity", ["a", None], ids=["named", "nameless"])
def test_where_the_challenger_failed_the_champions_answer_is_not_its_own(
    conn: Connection, entity: str | None
) -> None:
    instead = row(1, entity)
    log(conn, [instead, failed(instead), row(1, "b")])
    assert by_label(conn) == {(1, "true", 1, 1), (2, "", 1, 0)}


@pytest.mark.parametrize(
    "other",
    [
        {"source": "batch", "run_key": "2026-03-01"},
        {"purpose": "smoke_test"},
        {"scored_at": MOMENT - SECOND},
        {"model": "cars"},
        {"version": 7},
    ],
    ids=["batch", "smoke test", "before the step", "another model", "another version"],
)
def test_what_is_not_part_of_the_trial_is_not_counted(conn: Connection, other: dict[str, Any]) -> None:
    log(conn, [row(1, "a", **other) if "version" not in other else row(7, "a")])
    assert by_label(conn) == set()
    assert list(first_answers(conn, "loans", **BOTH, until=MOMENT + SECOND)) == []


def test_a_shadow_is_held_against_the_answer_to_the_same_row(conn: Connection) -> None:
    told = [row(1, name, 0.5) for name in "abc"]
    shadows = [shadow(told[0], 0.6, "true"), shadow(told[1], 0.8, "false"), failed(told[2])]
    log(conn, [*told, *shadows])
    found = pairs(conn, "loans", **BOTH)
    assert (found.rows, found.answered, found.changed) == (3, 2, 1)
    assert found.mean == pytest.approx(0.2) and found.variance == pytest.approx(0.02)


def test_a_shadow_of_the_same_entity_counts_once(conn: Connection) -> None:
    told = [row(1, "a", scored_at=MOMENT + place * SECOND) for place in (1, 2, 3)]
    log(conn, [*told, *(shadow(one, 0.9, "false") for one in told)])
    assert pairs(conn, "loans", **BOTH).rows == 1


def test_a_shadow_of_another_champion_does_not_count(conn: Connection) -> None:
    told = row(7, "a")
    log(conn, [told, shadow(told, 0.9, "true")])
    assert pairs(conn, "loans", **BOTH).rows == 0


def test_first_answers_are_those_of_events_before_a_moment(conn: Connection) -> None:
    alone = uuid.UUID(int=0xFFFF << 112)
    rows = [row(1, "a"), row(2, "b", event_time=MOMENT + SECOND), row(1, None, id=alone), row(2, "c", 0.9)]
    log(conn, rows)
    found = list(first_answers(conn, "loans", **BOTH, until=MOMENT + SECOND))
    assert [(one.entity_key, one.version, one.score) for one in found] == [
        ("a", 1, 0.5),
        ("c", 2, 0.9),
        (str(alone), 1, 0.5),
    ]
    assert found[0].event_time == MOMENT
