"""What a night may start by itself: a training, where it can cure what was found, and not too often."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.engine import Engine

from airlock.chain.retraining import findings_since, retraining
from airlock.governance import nights
from airlock.governance.nights import Night
from airlock.monitoring.night import Finding
from airlock.spec import ModelSpec
from tests.airlock.loans import loan_spec

NIGHT = date(2026, 1, 11)
DRIFT = Finding("column_drift", "debt", 1.2, 0.25, "debt has shifted.", "column_drift/debt")
WORSE = Finding("performance", "roc_auc", 0.5, 0.6, "roc_auc is 0.5.", "performance/roc_auc")
FAULT = Finding("suite", "income", None, None, "Income is in EUR a month.", "suite/income", fault=True)
WARNING = Finding("suite", "housing", None, None, "housing has a new value.", "suite/housing")


def spec(**rule: Any) -> ModelSpec:
    return loan_spec(monitoring={"retraining": {"automatic": True, "cooldown": "7d"} | rule})


def recorded(
    engine: Engine, *findings: Finding, night: date = NIGHT, model: str = "loans", asked_by: str | None = None
) -> Night:
    at = datetime(2026, 1, 20, tzinfo=UTC)
    found = [finding.to_json() for finding in findings]
    made = Night(model, night, 1, 240, {}, found, None, at)
    with engine.begin() as conn:
        nights.record(conn, made)
        if asked_by:
            nights.note_asking(conn, model, night, asked_by, cause="drift", at=at)
    return made


def asked(engine: Engine, night: Night, run_id: str = "run", **rule: Any) -> tuple[str | None, str | None]:
    found = retraining(spec(**rule), night, run_id=run_id, engine=engine)
    return found.cause, found.refused_because


def test_a_night_of_drift_asks_with_its_cause(engine: Engine) -> None:
    night = recorded(engine, DRIFT, WORSE, WARNING)
    cause, refused = asked(engine, night)
    assert cause == "The night of 2026-01-11 crossed limits: debt has shifted. roc_auc is 0.5."
    assert refused is None


def test_faulty_data_never_ask_whatever_else_was_found(engine: Engine) -> None:
    night = recorded(engine, DRIFT, FAULT)
    assert asked(engine, night) == (
        None,
        "a model must not learn from faulty data. Income is in EUR a month.",
    )


def test_what_no_training_cures_does_not_ask(engine: Engine) -> None:
    assert asked(engine, recorded(engine, WARNING))[1] == "what was found is nothing that a training cures."


def test_the_spec_may_leave_it_to_a_person(engine: Engine) -> None:
    night = recorded(engine, DRIFT)
    assert asked(engine, night, automatic=False) == (
        None,
        "the spec leaves it to a person (monitoring.retraining.automatic).",
    )


def test_a_night_within_the_cooldown_of_another_does_not_ask(engine: Engine) -> None:
    recorded(engine, DRIFT, night=NIGHT - timedelta(days=6), asked_by="earlier")
    assert asked(engine, recorded(engine, DRIFT)) == (
        None,
        "the night of 2026-01-05 asked for one, within the cooldown of 1w.",
    )


def test_the_cooldown_ends(engine: Engine) -> None:
    recorded(engine, DRIFT, night=NIGHT - timedelta(days=8), asked_by="earlier")
    assert asked(engine, recorded(engine, DRIFT))[1] is None


def test_an_earlier_night_that_did_not_ask_holds_nobody_up(engine: Engine) -> None:
    recorded(engine, DRIFT, night=NIGHT - timedelta(days=1))
    assert asked(engine, recorded(engine, DRIFT))[1] is None


def test_another_model_s_night_holds_nobody_up(engine: Engine) -> None:
    recorded(engine, DRIFT, night=NIGHT - timedelta(days=1), model="other", asked_by="earlier")
    assert asked(engine, recorded(engine, DRIFT))[1] is None


def test_the_run_that_asked_may_ask_again_after_it_was_killed(engine: Engine) -> None:
    night = recorded(engine, DRIFT, asked_by="run")
    assert asked(engine, night, "run")[1] is None


def test_another_run_of_the_same_night_does_not_ask_again(engine: Engine) -> None:
    night = recorded(engine, DRIFT, asked_by="run")
    assert asked(engine, night, "by hand")[0] is None
    assert asked(engine, night, "by hand", cooldown="0d")[0] is None


def test_the_sentence_tells_what_happens_by_itself(engine: Engine) -> None:
    starts = retraining(spec(), recorded(engine, DRIFT), run_id="run", engine=engine).sentence
    assert starts.startswith("A new training starts by itself;")
    stays = retraining(spec(), recorded(engine, WARNING), run_id="run", engine=engine).sentence
    assert stays == ("No training starts by itself: what was found is nothing that a training cures.")


def test_each_finding_is_told_with_the_first_of_the_nights_in_a_row(engine: Engine) -> None:
    for ago in (1, 2, 4):
        recorded(engine, DRIFT, night=NIGHT - timedelta(days=ago))
    lines = findings_since(recorded(engine, DRIFT, WORSE), engine=engine)
    assert [(line.sentence, line.since) for line in lines] == [
        ("debt has shifted.", date(2026, 1, 9)),
        ("roc_auc is 0.5.", NIGHT),
    ]
