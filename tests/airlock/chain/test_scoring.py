"""Scoring a night from the model's source: once, and never by a version that came later."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.chain.scoring import NothingToScore, ScoringError, plan, window_of
from airlock.data.errors import DataError
from airlock.data.window import night_of
from airlock.governance import batches, withdrawal
from airlock.governance.passage import DeploymentRefused
from airlock.governance.predictions import of_window
from airlock.package.package import open_package
from airlock.serving.loading import load
from airlock.spec import ModelSpec
from airlock.spec.data import Source
from tests.airlock.chain.nights import AT, finished, score, scored
from tests.airlock.lender import A_DAY_S_LOANS, ALSO_CALM, CALM, DAY, NOTHING, Lender, Trained, deployed


def in_parts(lender: Lender, parts: int, to: str = "postgresql") -> ModelSpec:
    batch = lender.spec.deployment.batch
    assert batch is not None
    divided = batch.model_copy(update={"parts": parts, "to": to})
    return lender.spec.model_copy(
        update={"deployment": lender.spec.deployment.model_copy(update={"batch": divided})}
    )


def asked(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(query))]


def standing(engine: Engine, columns: str = "night, version, part, parts, rows") -> list[Any]:
    found = asked(
        engine, f"SELECT {columns} FROM batches WHERE replaced_at IS NULL ORDER BY night, parts, part"
    )
    return [(row[0].isoformat(), *row[1:]) for row in found]


def read_by_applications(engine: Engine) -> list[Any]:
    return asked(engine, "SELECT entity_key, score, prediction, version FROM batch_scores ORDER BY 1")


def test_every_loan_of_the_night_is_scored_by_the_champion(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"), 3)
    assert scored(lender, engine, CALM) == [A_DAY_S_LOANS]
    assert standing(engine) == [("2026-01-09", 3, 1, 1, A_DAY_S_LOANS)]
    assert asked(engine, "SELECT count(*), min(event_time), max(event_time) FROM batch_scores") == [
        (A_DAY_S_LOANS, CALM - DAY, CALM - timedelta(minutes=6))
    ]


def test_what_is_kept_is_what_the_champion_answers_to_the_source_s_rows(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("trees"), 3)
    scored(lender, engine, CALM)
    package = open_package(lender.store, trained.package("trees"))
    with engine.connect() as conn:
        kept = of_window(
            conn, "loans", night_of(CALM), kinds=package.signature.kinds, store=lender.store
        ).to_pylist()
    answering = load(lender.store, "loans", package.digest)
    again = answering.predict([{name: row[name] for name in package.signature.kinds} for row in kept])
    assert [one.prediction for one in again] == [row["prediction"] for row in kept]
    assert [one.score for one in again] == pytest.approx([row["score"] for row in kept], abs=1e-6)
    assert [
        (row["entity_key"], row["score"], row["prediction"], 3)
        for row in sorted(kept, key=lambda row: row["entity_key"])
    ] == (read_by_applications(engine))


def test_a_run_in_the_small_hours_scores_the_day_before(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    hour = timedelta(hours=1)
    assert plan(lender.spec, interval_end=CALM + hour, engine=engine) == plan(
        lender.spec, interval_end=CALM, engine=engine
    )


def test_the_same_version_replaces_its_rows_by_the_same_under_the_same_ids(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    ids = "SELECT decision_id, score FROM batch_scores ORDER BY 1"
    scored(lender, engine, CALM)
    before = asked(engine, ids)
    scored(lender, engine, CALM)
    assert len(before) == A_DAY_S_LOANS and asked(engine, ids) == before
    assert standing(engine) == [("2026-01-09", 1, 1, 1, A_DAY_S_LOANS)]
    assert asked(engine, "SELECT count(*), count(replaced_at) FROM batches") == [(2, 1)]
    assert asked(engine, "SELECT count(*) FROM batch_rows") == [(A_DAY_S_LOANS,)]


def test_a_night_that_another_version_scored_keeps_its_answers(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"), 1)
    scored(lender, engine, CALM)
    deployed(engine, trained.package("trees"), 2)
    with pytest.raises(NothingToScore, match="Version 1 of loans has scored the night 2026-01-09"):
        scored(lender, engine, CALM)
    scored(lender, engine, ALSO_CALM)
    assert standing(engine, "night, version") == [("2026-01-09", 1), ("2026-01-10", 2)]


def test_a_night_that_another_version_left_half_done_is_scored_whole(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"), 1)
    two = in_parts(lender, 2)
    score(lender, engine, plan(two, interval_end=CALM, engine=engine)[0], two)
    deployed(engine, trained.package("trees"), 2)
    assert scored(lender, engine, CALM, spec=two) == [A_DAY_S_LOANS]
    assert standing(engine, "night, version, part") == [("2026-01-09", 2, 1), ("2026-01-09", 2, 2)]


def test_a_night_without_rows_is_none_scored_and_no_failure(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"), 1)
    assert scored(lender, engine, NOTHING) == [0]
    deployed(engine, trained.package("trees"), 2)
    assert scored(lender, engine, NOTHING) == [0], "rows that come late are scored by who serves then"


def test_nothing_deployed_is_nothing_to_score(lender: Lender, engine: Engine) -> None:
    with pytest.raises(NothingToScore, match="No version of loans is deployed"):
        plan(lender.spec, interval_end=CALM, engine=engine)


def test_a_champion_that_did_not_come_through_the_airlock_scores_nothing(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE deployments SET package_digest = :other"), {"other": trained.package("trees")}
        )
    with pytest.raises(DeploymentRefused):
        plan(lender.spec, interval_end=CALM, engine=engine)


def test_parts_answer_as_the_whole_does(lender: Lender, trained: Trained, engine: Engine) -> None:
    deployed(engine, trained.package("linear"))
    scored(lender, engine, CALM)
    whole = read_by_applications(engine)
    assert scored(lender, engine, CALM, spec=in_parts(lender, 5)) == [A_DAY_S_LOANS]
    assert [row[3] for row in standing(engine, "night, version, rows, part")] == [1, 2, 3, 4, 5]
    assert read_by_applications(engine) == whole


def test_the_parts_of_a_night_leave_nothing_out_and_do_not_overlap(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    windows = [window_of(part) for part in plan(in_parts(lender, 7), interval_end=CALM, engine=engine)]
    assert (windows[0].start, windows[-1].end) == (CALM - DAY, CALM)
    assert all(one.end == other.start for one, other in zip(windows, windows[1:], strict=False))


def test_a_night_that_lacks_a_part_is_not_finished(lender: Lender, trained: Trained, engine: Engine) -> None:
    deployed(engine, trained.package("linear"))
    three = in_parts(lender, 3)
    planned = plan(three, interval_end=CALM, engine=engine)
    for part in planned[::2]:
        score(lender, engine, part, three)
    with pytest.raises(ScoringError, match="Of the 3 parts of the night 2026-01-09 of loans there are: 1, 3"):
        finished(lender, engine, planned, three)


def test_until_a_night_is_done_again_in_other_parts_it_counts_as_it_was(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    scored(lender, engine, CALM)
    two = in_parts(lender, 2)
    score(lender, engine, plan(two, interval_end=CALM, engine=engine)[0], two)
    with engine.connect() as conn:
        assert [(one.part, one.parts) for one in batches.of_nights(conn, "loans")] == [(1, 1)]
    assert len(read_by_applications(engine)) == A_DAY_S_LOANS


def test_an_entity_in_two_parts_is_refused(lender: Lender, trained: Trained, engine: Engine) -> None:
    deployed(engine, trained.package("linear"))
    query = """SELECT 'the same' AS loan, asked_at, income, debt, housing, insured, sex, defaulted FROM loans
        WHERE asked_at IN (:start, :end - interval '6 minutes')"""
    source = Source.model_validate({"sql": {"connection": "warehouse", "query": query}})
    two = in_parts(lender, 2)
    two = two.model_copy(update={"data": two.data.model_copy(update={"source": source})})
    with pytest.raises(DataError, match="gives 1 values of 'loan' more than once: the same"):
        scored(lender, engine, CALM, spec=two)


def test_a_night_for_files_alone_writes_no_rows_into_postgresql(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    assert scored(lender, engine, CALM, spec=in_parts(lender, 2, to="parquet")) == [A_DAY_S_LOANS]
    assert read_by_applications(engine) == []
    with engine.connect() as conn:
        answered = of_window(conn, "loans", night_of(CALM), kinds={}, store=lender.store)
    assert len(answered) == A_DAY_S_LOANS


def test_a_version_that_was_taken_back_after_the_plan_scores_no_part(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployment = deployed(engine, trained.package("linear"), 4)
    (part,) = plan(lender.spec, interval_end=CALM, engine=engine)
    with engine.begin() as conn:
        withdrawal.withdraw(conn, deployment, "It answers nonsense.", AT)
    with pytest.raises(
        DeploymentRefused, match="Version 4 of loans was taken back since .* It answers nonsense"
    ):
        score(lender, engine, part)
    assert standing(engine) == []


def test_a_version_that_was_replaced_after_the_plan_ends_its_night(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"), 4)
    (part,) = plan(lender.spec, interval_end=CALM, engine=engine)
    deployed(engine, trained.package("trees"), 5)
    score(lender, engine, part)
    assert standing(engine, "night, version") == [("2026-01-09", 4)]


def test_a_version_that_takes_what_the_spec_no_longer_lists_is_told(
    lender: Lender, trained: Trained, engine: Engine
) -> None:
    deployed(engine, trained.package("linear"))
    columns = {name: one for name, one in lender.spec.data.columns.items() if name != "debt"}
    spec = lender.spec.model_copy(update={"data": lender.spec.data.model_copy(update={"columns": columns})})
    with pytest.raises(DataError, match="data.columns: 'debt' is not listed, and the version"):
        scored(lender, engine, CALM, spec=spec)
