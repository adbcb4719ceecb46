"""Watching nights: what is found in a calm one, a drifting one, a faulty one and an empty one."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.chain import night_cause
from airlock.chain.night_report import report_name, write_report
from airlock.chain.recorded_cause import faulty_source, recorded_cause
from airlock.chain.watch import NightNotOver, NothingDeployed
from airlock.data.window import night_of
from airlock.governance import nights
from airlock.governance.nights import Night
from airlock.governance.predictions import PredictionRow
from airlock.spec import ModelSpec
from airlock.triage.facts import Facts
from tests.airlock.chain.nights import AT, scored, watched
from tests.airlock.governance.records import log
from tests.airlock.lender import (
    A_DAY_S_LOANS,
    ALSO_CALM,
    CALM,
    DAY,
    IN_CENTS,
    NOTHING,
    SHIFTED,
    Lender,
    Trained,
    deployed,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def champion(trained: Trained, engine: Engine) -> Engine:
    """A database whose champion is version 1."""
    deployed(engine, trained.package("linear"))
    return engine


def kinds(night: Night) -> set[tuple[str, str | None]]:
    return {(finding["kind"], finding["column"]) for finding in night.findings}


def recorded(engine: Engine, night: Night) -> Night | None:
    with engine.connect() as conn:
        return nights.find(conn, "loans", night.night)


def test_a_calm_night_finds_nothing_and_is_recorded(lender: Lender, champion: Engine) -> None:
    scored(lender, champion, CALM)
    night = watched(lender, champion, CALM)
    assert (night.version, night.rows, night.findings) == (1, A_DAY_S_LOANS, [])
    assert night.measures["suite"] == {"checks": 2, "failed": 0, "rows": A_DAY_S_LOANS}
    assert {drift["column"] for drift in night.measures["drift"]} >= set(lender.spec.data.features)
    kept = recorded(champion, night)
    assert kept is not None
    assert (kept.version, kept.rows, kept.findings) == (night.version, night.rows, [])


def test_watching_again_gives_the_same_record(lender: Lender, champion: Engine) -> None:
    scored(lender, champion, SHIFTED)
    first = recorded(champion, watched(lender, champion, SHIFTED))
    assert recorded(champion, watched(lender, champion, SHIFTED)) == first


def test_a_shift_of_one_feature_is_found_in_it_and_in_the_answers(lender: Lender, champion: Engine) -> None:
    scored(lender, champion, SHIFTED)
    night = watched(lender, champion, SHIFTED)
    found = kinds(night)
    assert ("column_drift", "debt") in found
    assert ("prediction_drift", "score") in found
    assert ("column_drift", "income") not in found
    assert not any(finding["fault"] for finding in night.findings)


def test_a_night_is_recorded_with_its_cause(lender: Lender, champion: Engine) -> None:
    scored(lender, champion, CALM, SHIFTED, IN_CENTS)
    calm, shifted, faulty = (watched(lender, champion, end) for end in (CALM, SHIFTED, IN_CENTS))
    assert calm.measures["cause"] is None
    assert recorded_cause(calm) is None
    cause = recorded_cause(shifted)
    assert cause is not None
    assert (cause.kind, cause.about, cause.proposes) == ("covariate_shift", "debt", "retrain")
    assert any("debt has moved" in one.sentence for one in cause.evidence)
    assert faulty_source(shifted) == ""
    wrong = recorded_cause(faulty)
    assert wrong is not None
    assert (wrong.kind, wrong.proposes) == ("data_fault", "mend")
    assert "EUR a month" in wrong.evidence[0].sentence


def test_the_outcomes_of_the_version_that_answers_now_count_for_the_cause(
    lender: Lender, trained: Trained, champion: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Facts] = []
    monkeypatch.setattr(night_cause, "find_cause", seen.append)
    scored(lender, champion, CALM, ALSO_CALM, SHIFTED)
    before = watched(lender, champion, SHIFTED)
    deployed(champion, trained.package("trees"), 2)
    assert before.version == 1
    assert seen[-1].cohort is not None
    assert 0 < len(seen[-1].cohort.scores) <= 2 * A_DAY_S_LOANS
    assert 0 < seen[-1].cohort.hits.mean() < 1


def test_income_in_cents_is_a_fault_of_the_data(lender: Lender, champion: Engine) -> None:
    scored(lender, champion, IN_CENTS)
    night = watched(lender, champion, IN_CENTS)
    assert ("suite", "income") in kinds(night)
    fault = next(finding for finding in night.findings if finding["fault"])
    assert "EUR a month" in fault["sentence"]


def test_a_night_on_which_nothing_was_scored_is_a_finding(lender: Lender, champion: Engine) -> None:
    night = watched(lender, champion, NOTHING)
    assert (night.version, night.rows) == (1, 0)
    assert kinds(night) == {("no_predictions", None)}
    assert night.measures["suite"] is None


def test_a_night_that_no_schedule_asks_for_may_be_without_predictions(
    lender: Lender, champion: Engine
) -> None:
    batch = {"schedule": f"0 1 * * {(NOTHING.isoweekday() + 1) % 7}"}
    weekly = loan_spec_with(lender, deployment={"batch": batch})
    assert watched(lender, champion, NOTHING, weekly).findings == []
    assert kinds(watched(lender, champion, NOTHING + DAY, weekly)) == {("no_predictions", None)}


def test_few_rows_are_held_against_what_every_row_must_meet(lender: Lender, champion: Engine) -> None:
    asked = ({"income": 99_999.0, "housing": "own"}, {"income": None, "housing": "boat"}, {"income": 3000.0})
    given = [(uuid.uuid4(), "loans", 1, "api", "decision", f"L{place}") for place in range(len(asked))]
    features: dict[str, Any] = {"income": None, "debt": 900.0, "housing": None, "insured": True}
    with champion.begin() as conn:
        rows = [
            PredictionRow(
                *said, features | row, 0.3, "false", None, event_time=NOTHING - HOUR, scored_at=NOTHING
            )
            for said, row in zip(given, asked, strict=True)
        ]
        log(conn, rows)
    night = watched(lender, champion, NOTHING)
    assert (night.rows, kinds(night)) == (3, {("suite", "housing")})


def loan_spec_with(lender: Lender, **changes: Any) -> ModelSpec:
    """Return the lender's spec with parts of it replaced."""
    said = lender.spec.model_dump(mode="json") | changes
    return ModelSpec.model_validate(said | {"name": lender.spec.name})


def test_without_a_champion_there_is_nothing_to_watch(lender: Lender, engine: Engine) -> None:
    with pytest.raises(NothingDeployed, match="No version of loans is deployed or has answered"):
        watched(lender, engine, CALM)


def test_a_night_is_watched_as_the_version_that_answered_it(
    lender: Lender, trained: Trained, champion: Engine
) -> None:
    scored(lender, champion, CALM)
    before = watched(lender, champion, CALM)
    deployed(champion, trained.package("trees"), 2)
    assert watched(lender, champion, CALM) == before


def test_a_night_that_is_not_over_is_not_judged(lender: Lender, champion: Engine) -> None:
    with pytest.raises(NightNotOver, match=r"2026-01-09 is over at 2026-01-10 00:00 UTC, and it is .* 23:59"):
        watched(lender, champion, CALM, at=CALM - timedelta(minutes=1))
    with champion.connect() as conn:
        assert nights.find(conn, "loans", night_of(CALM).night) is None


def test_a_record_of_before_the_night_was_over_is_not_kept_to(lender: Lender, champion: Engine) -> None:
    night = watched(lender, champion, NOTHING)
    with champion.begin() as conn:
        nights.record(conn, replace(night, measured_at=NOTHING - DAY, measures={}))
    assert watched(lender, champion, NOTHING) == night
    assert night.measured_at == AT


def test_smoke_tests_are_no_predictions(lender: Lender, champion: Engine) -> None:
    with champion.begin() as conn:
        smoke = (uuid.uuid4(), "loans", 1, "api", "smoke_test", "L1", {"income": 1.0}, 0.7, "true", None)
        log(conn, [PredictionRow(*smoke, event_time=CALM - DAY, scored_at=CALM)])
    assert kinds(watched(lender, champion, CALM)) == {("no_predictions", None)}


def test_performance_is_measured_where_outcomes_had_time_to_arrive(lender: Lender, champion: Engine) -> None:
    scored(lender, champion, CALM, ALSO_CALM)
    assert watched(lender, champion, CALM).measures["performance"] is None
    seen = watched(lender, champion, ALSO_CALM).measures["performance"]
    assert (seen["predictions"], seen["rows"]) == (A_DAY_S_LOANS, A_DAY_S_LOANS)
    assert seen["start"] == "2026-01-09T00:00:00+00:00"
    assert 0.6 < seen["metrics"]["roc_auc"] < 1


def test_a_champion_that_got_worse_than_its_limit_is_found(lender: Lender, champion: Engine) -> None:
    scored(lender, champion, CALM, ALSO_CALM)
    asked = lender.spec.monitoring.performance
    assert asked is not None
    limits = (asked.limits[0].model_copy(update={"at_least": 0.99}),)
    performance = asked.model_copy(update={"limits": limits})
    monitoring = lender.spec.monitoring.model_copy(update={"performance": performance})
    night = watched(lender, champion, ALSO_CALM, lender.spec.model_copy(update={"monitoring": monitoring}))
    assert kinds(night) == {("performance", "roc_auc"), ("estimate", "roc_auc")}


def test_a_report_is_kept_and_noted_with_its_night(lender: Lender, champion: Engine) -> None:
    scored(lender, champion, SHIFTED)
    night = watched(lender, champion, SHIFTED)
    path = write_report(lender.spec, night, night_of(SHIFTED), store=lender.store, engine=champion)
    assert path == f"loans/{report_name(night)}" == "loans/nights/2026-01-11.html"
    assert "Loans: 2026-01-11" in (lender.store.root / "pages" / path).read_text(encoding="utf-8")
    kept = recorded(champion, night)
    assert kept is not None
    assert kept.report == path


def test_a_night_without_answers_has_no_report(lender: Lender, champion: Engine) -> None:
    night = watched(lender, champion, NOTHING)
    assert write_report(lender.spec, night, night_of(NOTHING), store=lender.store, engine=champion) is None
