"""What a night may start by itself: a training, where it can cure what was found, and not too often."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection, Engine

from airlock.chain.retraining import Retraining, ask_for_training, retraining
from airlock.governance import audit_log, incidents, nights, training_requests
from airlock.governance.nights import Night
from airlock.monitoring.finding import Finding
from airlock.monitoring.matters import matters
from airlock.spec import ModelSpec
from airlock.spec.durations import spell_duration
from airlock.store import Store
from airlock.triage.cause import Cause, Proposal
from tests.airlock.chain.joined import Joined
from tests.airlock.loans import loan_spec

NIGHT = date(2026, 3, 11)
DAY = timedelta(days=1)
AT = datetime(2026, 3, 20, tzinfo=UTC)
DRIFT = Finding("column_drift", "debt", 1.2, 0.25, "debt has shifted.", "column_drift/debt")
WORSE = Finding("performance", "roc_auc", 0.5, 0.6, "roc_auc is 0.5.", "performance/roc_auc")
FAULT = Finding("suite", "income", None, None, "Income is in EUR a month.", "suite/income", fault=True)
WARNING = Finding("suite", "housing", None, None, "housing has a new value.", "suite/housing")
STORE = Store(Path("nowhere"))
LIMITS = {"limits": [{"metric": "roc_auc", "at_least": 0.6}], "window": "10d"}


def spec(*, data: dict[str, Any] | None = None, performance: Any = None, **rule: Any) -> ModelSpec:
    rule = {"automatic": True, "cooldown": "7d", "fresh": 0} | rule
    return loan_spec(data=data, monitoring={"retraining": rule, "performance": performance})


def recorded(
    engine: Engine, *findings: Finding, night: date = NIGHT, asked_by: str | None = None, **facts: Any
) -> Night:
    found = [finding.to_json() for finding in findings]
    given = {"model": "loans", "version": 1, "measures": {}} | facts
    made = Night(**given, night=night, rows=240, findings=found, report=None, measured_at=AT)
    with engine.begin() as conn:
        nights.record(conn, made)
        if asked_by:
            request(conn, made, asked_by)
    return made


def request(conn: Connection, night: Night, run_id: str) -> None:
    asking = {"cause": f"cause of {night.night}", "mode": "search", "findings": ["performance/f1"], "at": AT}
    training_requests.record(conn, night.model, night.night, run_id, by="loans.monitor", **asking)


def decided(engine: Engine, night: Night, run_id: str = "run", **rule: Any) -> Retraining:
    """Decide with a store that holds nothing, so that nothing can be fitted again."""
    return retraining(spec(**rule), night, run_id=run_id, engine=engine, store=STORE)


def refused(engine: Engine, night: Night, run_id: str = "run", **rule: Any) -> str:
    made = decided(engine, night, run_id, **rule)
    assert (made.cause is None) == (made.refused_because is not None)
    return made.refused_because or ""


@pytest.mark.parametrize(
    ("proposes", "said"),
    [
        ("mend", "must not learn from faulty data. As it is."),
        ("nothing", "nothing to be learned anew. As it is."),
        ("ask", "a person is asked what to do, in Airflow under Required Actions. As it is."),
    ],
)
def test_what_triage_proposes_otherwise_starts_no_training(
    engine: Engine, proposes: Proposal, said: str
) -> None:
    cause = Cause("unclear", "debt", "As it is.", (), proposes).to_json()
    assert said in refused(engine, recorded(engine, DRIFT, measures={"cause": cause}))


def test_a_night_whose_cause_a_training_cures_asks(engine: Engine) -> None:
    cause = Cause("covariate_shift", "debt", "Others come.", (), "retrain").to_json()
    assert decided(engine, recorded(engine, DRIFT, measures={"cause": cause})).cause


def test_a_night_of_drift_asks_with_its_cause(engine: Engine) -> None:
    made = decided(engine, recorded(engine, DRIFT, WORSE, WARNING))
    assert made.cause is not None and made.cause.startswith(
        "The night of 2026-03-11 crossed limits: debt has shifted. roc_auc is 0.5. "
    )
    assert made.refused_because is None
    assert made.findings == ("column_drift/debt", "performance/roc_auc")


def test_answers_that_are_wrong_search_anew_and_the_cause_says_so(engine: Engine) -> None:
    made = decided(engine, recorded(engine, DRIFT, WORSE))
    assert made.mode == "search" and made.plan in (made.cause or "")
    assert made.plan == "It searches anew, because the answers were wrong more often than they may be."


def test_without_a_champion_to_fit_again_drift_searches_anew(engine: Engine) -> None:
    made = decided(engine, recorded(engine, DRIFT))
    assert made.mode == "search" and "cannot be fitted again as it was" in made.plan


def test_faulty_data_never_ask_whatever_else_was_found(engine: Engine) -> None:
    night = recorded(engine, DRIFT, FAULT)
    assert refused(engine, night) == ("a model must not learn from faulty data. Income is in EUR a month.")


def test_faulty_data_name_the_incident_that_is_open_about_them(engine: Engine) -> None:
    night = recorded(engine, DRIFT, FAULT)
    matter = next(one for one in matters("loans", [DRIFT, FAULT]) if one.kind == "data")
    about = {"kind": matter.kind, "key": matter.key, "sentence": matter.sentence}
    with engine.begin() as conn:
        incident, _ = incidents.open_incident(conn, **about, model="loans", at=AT)
    assert refused(engine, night).endswith(f"Incident {incident.id} blocks it.")


def test_what_no_training_cures_does_not_ask(engine: Engine) -> None:
    assert refused(engine, recorded(engine, WARNING)) == "what was found is nothing that a training cures."


def test_the_spec_may_leave_it_to_a_person(engine: Engine) -> None:
    night = recorded(engine, DRIFT)
    assert refused(engine, night, automatic=False) == (
        "the spec leaves it to a person (monitoring.retraining.automatic)."
    )


def test_only_the_newest_night_asks_so_that_a_backfill_starts_nothing(engine: Engine) -> None:
    past = recorded(engine, DRIFT)
    recorded(engine, night=NIGHT + DAY)
    assert refused(engine, past) == (
        "only the newest night may ask for one, and the night of 2026-03-12 was watched since."
    )


def test_a_newer_night_of_another_model_holds_nobody_up(engine: Engine) -> None:
    recorded(engine, night=NIGHT + DAY, model="other")
    assert not refused(engine, recorded(engine, DRIFT))


def test_a_night_within_the_cooldown_of_another_does_not_ask(engine: Engine) -> None:
    recorded(engine, DRIFT, night=NIGHT - 6 * DAY, asked_by="earlier")
    assert refused(engine, recorded(engine, DRIFT)) == (
        "the night of 2026-03-05 asked for one, within the cooldown of 1w."
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.integers(0, 24 * 20), ago=st.integers(0, 20))
def test_the_cooldown_is_over_when_its_time_has_passed_and_not_a_day_later(
    conn: Connection, hours: int, ago: int
) -> None:
    with conn.begin_nested() as change:
        night, asking = (_bare(day) for day in (NIGHT, NIGHT - ago * DAY))
        for one in (night, asking):
            nights.record(conn, one)
        request(conn, asking, "earlier")
        rule = spec(cooldown=spell_duration(timedelta(hours=hours)) if hours else "0d", budget=9)
        engine: Any = Joined(conn)
        said = retraining(rule, night, run_id="run", engine=engine, store=STORE).refused_because or ""
        change.rollback()
    assert ("within the cooldown" in said) == (ago == 0 or ago * 24 < hours)


def _bare(day: date) -> Night:
    return Night("loans", day, 1, 240, {}, [DRIFT.to_json()], None, AT)


def test_an_earlier_night_that_did_not_ask_holds_nobody_up(engine: Engine) -> None:
    recorded(engine, DRIFT, night=NIGHT - DAY)
    assert not refused(engine, recorded(engine, DRIFT))


def test_another_model_s_request_holds_nobody_up(engine: Engine) -> None:
    recorded(engine, DRIFT, night=NIGHT - DAY, model="other", asked_by="earlier")
    assert not refused(engine, recorded(engine, DRIFT))


def test_another_run_of_the_same_night_does_not_ask_again(engine: Engine) -> None:
    night = recorded(engine, DRIFT, asked_by="run")
    assert "within the cooldown" in refused(engine, night, "by hand")
    assert "within the cooldown" in refused(engine, night, "by hand", cooldown="0d")


def test_a_run_that_was_killed_asks_for_the_same_again_although_the_night_was_measured_anew(
    engine: Engine,
) -> None:
    def asking(night: Night) -> Retraining:
        return ask_for_training(
            spec(),
            night,
            run_id="run",
            by="loans.monitor",
            engine=engine,
            store=STORE,
            at=AT,
        )

    first, again = asking(recorded(engine, DRIFT)), asking(recorded(engine, DRIFT, WORSE))
    assert first.cause is not None
    assert (again.cause, again.mode, again.findings) == (first.cause, first.mode, first.findings)
    with engine.connect() as conn:
        (row,) = audit_log.entries(conn)
    assert row.facts["cause"] == first.cause


def test_data_found_faulty_meanwhile_end_even_what_was_asked_for(engine: Engine) -> None:
    recorded(engine, DRIFT, asked_by="run")
    assert "faulty data" in refused(engine, recorded(engine, FAULT), "run")


def test_performance_of_answers_that_an_earlier_version_gave_asks_for_nothing(engine: Engine) -> None:
    outcomes = {"data": {"outcome_delay": "5d"}, "performance": LIMITS}
    for ago in range(5, 15):
        recorded(engine, night=NIGHT - ago * DAY, version=1)
    assert not refused(engine, recorded(engine, WORSE, version=1), **outcomes)
    assert refused(engine, recorded(engine, WORSE, version=2), **outcomes) == (
        "what was found is about answers that were given before version 2 answered."
    )


def test_drift_waits_until_its_outcomes_are_a_share_of_what_is_learned(engine: Engine) -> None:
    waiting = {"data": {"outcome_delay": "4d", "history": "40d"}, "history": "20d", "fresh": 0.5}
    first = NIGHT - 12 * DAY
    for ago in range(1, 13):
        recorded(engine, DRIFT, night=NIGHT - ago * DAY)
    assert refused(engine, recorded(engine, DRIFT), **waiting) == (
        "it could not learn yet what was found. A training would start on 2026-03-13, if it is still found "
        "then: 50 % of the 20d that it reads must lie after it began, and outcomes take 4d to arrive. "
        "A person may start one before."
    )
    assert first + (10 + 4) * DAY == date(2026, 3, 13)
    assert not refused(engine, recorded(engine, DRIFT, night=NIGHT + DAY), **waiting)


def test_wrong_answers_need_no_wait_for_outcomes_that_are_there(engine: Engine) -> None:
    rule = {"data": {"outcome_delay": "4d", "history": "20d"}, "performance": LIMITS, "fresh": 0.5}
    assert not refused(engine, recorded(engine, WORSE), **rule)
    assert "2026-03-13" in refused(engine, recorded(engine, WORSE), **rule | {"fresh": 0.55})


@pytest.mark.parametrize("pause, waits", [(7, False), (8, True)])
def test_a_finding_that_was_away_for_more_than_a_week_has_begun_anew(
    engine: Engine, pause: int, waits: bool
) -> None:
    rule = {"data": {"history": "10d"}, "fresh": 0.5}
    recorded(engine, DRIFT, night=NIGHT - pause * DAY)
    assert (
        "A training would start on 2026-03-16" in refused(engine, recorded(engine, DRIFT), **rule)
    ) == waits


def test_the_sentence_tells_what_happens_by_itself(engine: Engine) -> None:
    starts = decided(engine, recorded(engine, WORSE)).sentence
    assert starts == (
        "A new training starts by itself. It searches anew, because the answers were wrong more often than "
        "they may be. What it makes still has to pass the gates and be approved."
    )
    stays = decided(engine, recorded(engine, WARNING)).sentence
    assert stays == "No training starts by itself: what was found is nothing that a training cures."
