"""Batches: parts of nights on record, replaced as they are scored again, and decisions found by their id."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from airlock.data.window import Window
from airlock.governance import batch_answers, batches
from airlock.governance.copying import CopyError
from airlock.governance.predictions import PredictionRow, of_window
from airlock.spec.columns import Kind
from airlock.store import Store, StoreError
from tests.airlock.governance.answered import AT, MIDNIGHT, NIGHT, answered
from tests.airlock.governance.records import log

HOUR = timedelta(hours=1)
KINDS = {"income": Kind.NUMBER, "housing": Kind.CATEGORY}
ALWAYS = Window(None, None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_decision_is_found_by_its_id_with_all_that_was_asked_and_answered(
    conn: Connection, store: Store
) -> None:
    batch = answered(conn, store, ["a", "b", "c", "d", "e"])
    assert batches.find_decision(conn, store, batch.id_of(3)) == PredictionRow(
        id=batch.id_of(3),
        model="loans",
        version=3,
        source="batch",
        purpose="decision",
        entity_key="d",
        features={"income": 1003.0, "housing": "rent"},
        score=0.503,
        prediction="true",
        run_key="2026-03-01",
        event_time=MIDNIGHT + 3 * HOUR,
        scored_at=AT,
    )


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4])
def test_every_place_has_its_row(conn: Connection, store: Store, place: int) -> None:
    batch = answered(conn, store, ["a", "b", "c", "d", "e"])
    found = batches.find_decision(conn, store, batch.id_of(place))
    assert found is not None and found.entity_key == "abcde"[place]


def test_no_decision_has_a_place_beyond_its_batch(conn: Connection, store: Store) -> None:
    batch = answered(conn, store, ["a", "b"])
    assert batches.find_decision(conn, store, batch.id_of(2)) is None
    assert batches.find_decision(conn, store, batches.first_id("0" * 64)) is None


def test_ids_are_those_of_the_view(conn: Connection, store: Store) -> None:
    batch = answered(conn, store, [f"{number:03}" for number in range(300)])
    batch_answers.copy_rows(conn, store, batch)
    shown = conn.execute(text("SELECT decision_id FROM batch_scores ORDER BY entity_key")).scalars().all()
    assert shown == [batch.id_of(place) for place in range(300)]


def test_a_decision_of_a_replaced_batch_can_still_be_looked_up(conn: Connection, store: Store) -> None:
    before = answered(conn, store, ["a", "b"])
    now = answered(conn, store, ["a", "b"], version=4, at=AT + HOUR)
    assert batches.of_nights(conn, "loans") == (now,)
    found = batches.find_decision(conn, store, before.id_of(1))
    assert found is not None and (found.version, found.entity_key) == (3, "b")


def test_an_answer_that_was_changed_in_the_store_is_refused(conn: Connection, store: Store) -> None:
    batch = answered(conn, store, ["a", "b"])
    file = store.root / batch_answers.KIND / batch.answers_digest / batch_answers.ANSWERS
    file.write_bytes(file.read_bytes().replace(b"true", b"lies"))
    with pytest.raises(StoreError, match="was changed"):
        batches.find_decision(conn, store, batch.id_of(0))
    with pytest.raises(StoreError, match="was changed"):
        of_window(conn, "loans", ALWAYS, kinds=KINDS, store=store)


def test_a_part_that_is_scored_again_takes_the_place_of_the_one_before(
    conn: Connection, store: Store
) -> None:
    first, other = answered(conn, store, ["a"], parts=2), answered(conn, store, ["b"], part=2, parts=2)
    for batch in (first, other):
        batch_answers.copy_rows(conn, store, batch)
    again = answered(conn, store, ["a", "z"], parts=2, at=AT + HOUR)
    batch_answers.copy_rows(conn, store, again)
    assert [(one.part, one.rows) for one in batches.of_nights(conn, "loans")] == [(1, 2), (2, 1)]
    rows = conn.execute(text("SELECT batch_id, entity_key FROM batch_rows ORDER BY 1, 2")).all()
    assert rows == [(other.id, "b"), (again.id, "a"), (again.id, "z")]


def test_a_part_of_another_night_or_model_stays(conn: Connection, store: Store) -> None:
    tomorrow = NIGHT + timedelta(days=1)
    kept = answered(conn, store, ["a"], night=tomorrow)
    answered(conn, store, ["a"])
    answered(conn, store, ["a"])
    assert batches.of_nights(conn, "loans", tomorrow, tomorrow) == (kept,)


@pytest.mark.parametrize(
    "parts, rows, versions, whole_by",
    [
        ((1, 2), (3, 3), (3, 3), 3),
        ((1,), (3,), (3,), None),
        ((1, 2), (3, 3), (3, 4), None),
        ((1, 2), (0, 0), (3, 3), None),
        ((), (), (), None),
    ],
    ids=["whole", "a part is missing", "by two versions", "no rows", "nothing"],
)
def test_a_night_is_scored_whole_by_a_version_that_scored_all_of_it(
    conn: Connection,
    store: Store,
    parts: tuple[int, ...],
    rows: tuple[int, ...],
    versions: tuple[int, ...],
    whole_by: int | None,
) -> None:
    for part, number, version in zip(parts, rows, versions, strict=True):
        keys = [f"{part}-{place}" for place in range(number)]
        answered(conn, store, keys, part=part, parts=2, version=version)
    assert batches.scored_whole_by(conn, "loans", NIGHT) == whole_by


def logged(version: int, key: str, night: date = NIGHT) -> PredictionRow:
    """A batch's answer as it was logged before nights were kept in the evidence store."""
    row = (batches.first_id(f"{version}" * 64), "loans", version, "batch", "decision", key, {"income": 7.0})
    return PredictionRow(*row, 0.1, "false", night.isoformat(), MIDNIGHT, AT)


def test_a_night_that_was_logged_row_by_row_is_scored_whole_too(conn: Connection) -> None:
    log(conn, [logged(2, "a")])
    assert batches.scored_whole_by(conn, "loans", NIGHT) == 2


def test_a_window_holds_what_the_api_and_the_batches_answered_by_event_time(
    conn: Connection, store: Store
) -> None:
    answered(conn, store, ["a", "b", "c"])
    api = PredictionRow(
        batches.first_id("9" * 64), "loans", 4, "api", "decision", "x", {"income": 9.0, "housing": "own"},
        0.9, "true", None, MIDNIGHT + HOUR / 2, AT,
    )  # fmt: skip
    log(conn, [api])
    table = of_window(
        conn, "loans", Window(MIDNIGHT, MIDNIGHT + 2 * HOUR), kinds=KINDS, store=store
    ).to_pylist()
    assert [(row["entity_key"], row["version"], row["income"], row["housing"]) for row in table] == [
        ("a", 3, 1000.0, None),
        ("x", 4, 9.0, "own"),
        ("b", 3, 1001.0, "rent"),
    ]


def test_a_feature_of_another_kind_or_that_nobody_asked_about_counts_as_missing(
    conn: Connection, store: Store
) -> None:
    answered(conn, store, ["a", "b"])
    kinds = {"income": Kind.CATEGORY, "housing": Kind.NUMBER, "married": Kind.BOOLEAN}
    table = of_window(conn, "loans", ALWAYS, kinds=kinds, store=store)
    assert table["income"].to_pylist() == ["1000", "1001"]
    assert table["housing"].null_count == table["married"].null_count == 2


def test_a_night_logged_row_by_row_and_scored_again_counts_once(conn: Connection, store: Store) -> None:
    log(conn, [logged(2, "a"), logged(3, "z", NIGHT + timedelta(days=9))])
    answered(conn, store, ["a"])
    table = of_window(conn, "loans", ALWAYS, kinds=KINDS, store=store)
    assert sorted(zip(table["entity_key"].to_pylist(), table["version"].to_pylist(), strict=True)) == [
        ("a", 3),
        ("z", 3),
    ]


def test_only_answers_that_decided_something_are_read_from_nights(conn: Connection, store: Store) -> None:
    answered(conn, store, ["a"])
    assert not len(of_window(conn, "loans", ALWAYS, kinds=KINDS, store=store, purpose="smoke_test"))


def test_what_batches_answered_about_an_entity(conn: Connection, store: Store) -> None:
    first = answered(conn, store, ["a", "b", "c", "d", "e"])
    second = answered(conn, store, ["x", "d"], night=NIGHT + timedelta(days=1))
    found = list(batch_answers.of_entity(conn, store, "loans", "d"))
    assert [one.id for one in found] == [first.id_of(3), second.id_of(1)]
    assert list(batch_answers.of_entity(conn, store, "loans", "nobody")) == []


AWKWARD = ["", "NULL", 'say "hi"', "two\nlines\r\n", "comma, tab\t", "\\N", "\\.", "Größe"]


def test_keys_come_to_applications_as_they_are(conn: Connection, store: Store) -> None:
    batch_answers.copy_rows(conn, store, answered(conn, store, AWKWARD))
    kept = conn.execute(text("SELECT entity_key, event_time, score FROM batch_rows ORDER BY place")).all()
    assert kept == [(key, MIDNIGHT + place * HOUR, 0.5 + place / 1000) for place, key in enumerate(AWKWARD)]


def test_a_key_that_postgresql_cannot_keep_is_refused_by_name(conn: Connection, store: Store) -> None:
    batch = answered(conn, store, ["a", "b\0c"])
    with pytest.raises(CopyError, match=r"The key 'b\\x00c' of loans holds a NUL character"):
        batch_answers.copy_rows(conn, store, batch)


def test_a_scoring_that_fails_leaves_what_was_there(engine: Engine, store: Store) -> None:
    with engine.begin() as conn:
        kept = answered(conn, store, ["a"])
        batch_answers.copy_rows(conn, store, kept)
    with pytest.raises(CopyError), engine.begin() as conn:
        batch_answers.copy_rows(conn, store, answered(conn, store, ["b\0"]))
    with engine.connect() as conn:
        assert batches.of_nights(conn, "loans") == (kept,)
        assert conn.execute(text("SELECT entity_key FROM batch_scores")).scalars().all() == ["a"]
