"""Estimates of nights: which answers they are of, what is found, and that a calm night ends it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.chain.night_estimate import pending_since
from airlock.chain.night_incidents import MEND, Look, note_night
from airlock.chain.retraining import retraining
from airlock.data.window import night_of
from airlock.governance import incidents
from airlock.spec import ModelSpec
from tests.airlock.chain.nights import AT, scored, watched
from tests.airlock.lender import A_DAY_S_LOANS, ALSO_CALM, CALM, NOTHING, Lender, Trained, deployed

LOOK = Look("loans.monitor/scheduled__then", AT, None)


@pytest.fixture
def champion(trained: Trained, engine: Engine) -> Engine:
    """A database whose champion is version 1."""
    deployed(engine, trained.package("linear"))
    return engine


def wanting(spec: ModelSpec, **limit: Any) -> ModelSpec:
    """Return the spec with one limit of performance, which is judged over outcomes that come late."""
    asked = spec.monitoring.performance
    assert asked is not None
    limits = (asked.limits[0].model_copy(update={"at_least": None} | limit),)
    performance = asked.model_copy(update={"limits": limits})
    monitoring = spec.monitoring.model_copy(update={"performance": performance})
    data = spec.data.model_copy(update={"outcome_delay": timedelta(days=2)})
    return spec.model_copy(update={"monitoring": monitoring, "data": data})


def test_the_night_and_the_time_without_outcomes_are_estimated(lender: Lender, champion: Engine) -> None:
    scored(lender, champion, CALM, ALSO_CALM)
    spec = wanting(lender.spec, metric="roc_auc", at_least=0.6)
    first, second = (watched(lender, champion, end, spec).measures["estimate"] for end in (CALM, ALSO_CALM))
    assert (first["night"]["rows"], first["pending"]["rows"]) == (A_DAY_S_LOANS, A_DAY_S_LOANS)
    assert (second["night"]["rows"], second["pending"]["rows"]) == (A_DAY_S_LOANS, 2 * A_DAY_S_LOANS)
    assert second["since"] == "2026-01-09T00:00:00+00:00"
    assert second["judged"]
    between = second["pending"]["metrics"]["roc_auc"]
    assert 0.6 < between["low"] < between["mean"] < between["high"] < 1
    assert between["high"] - between["low"] < (
        second["night"]["metrics"]["roc_auc"]["high"] - second["night"]["metrics"]["roc_auc"]["low"]
    )


def test_another_version_s_answers_are_not_estimated_by_this_one_s_hold_out(
    lender: Lender, trained: Trained, champion: Engine
) -> None:
    scored(lender, champion, CALM)
    deployed(champion, trained.package("trees"), 2)
    scored(lender, champion, ALSO_CALM)
    spec = wanting(lender.spec, metric="roc_auc", at_least=0.6)
    night = watched(lender, champion, ALSO_CALM, spec)
    assert night.version == 2
    assert night.measures["estimate"]["pending"]["rows"] == A_DAY_S_LOANS


def test_an_estimate_that_breaks_its_limit_is_an_incident_until_it_does_not(
    lender: Lender, champion: Engine
) -> None:
    scored(lender, champion, CALM, ALSO_CALM)
    strict = wanting(lender.spec, metric="brier", at_most=0.01)
    night = watched(lender, champion, CALM, strict)
    assert [(found["kind"], found["column"]) for found in night.findings] == [("estimate", "brier")]
    sentence = night.findings[0]["sentence"]
    assert "over the 240 answers since 2026-01-08 whose outcomes are not known yet" in sentence
    assert "it must be at most 0.01. The estimate assumes that outcomes follow the scores" in sentence
    (opened,) = note_night(strict, night, LOOK, champion)
    assert (opened.kind, opened.key) == ("estimate", "night/loans/estimate")
    assert opened.facts["mend"] == MEND["estimate"]
    said = retraining(strict, night, run_id="scheduled__then", engine=champion, store=lender.store)
    assert said.cause is None
    calm = watched(lender, champion, ALSO_CALM, wanting(lender.spec, metric="brier", at_most=0.9))
    note_night(strict, calm, LOOK, champion)
    with champion.connect() as conn:
        assert incidents.open_ones(conn, "loans") == ()


def test_a_night_without_answers_has_an_estimate_of_nothing(lender: Lender, champion: Engine) -> None:
    estimate = watched(lender, champion, NOTHING).measures["estimate"]
    assert (estimate["night"]["metrics"], estimate["judged"]) == (None, False)


def test_outcomes_that_are_known_at_once_leave_nothing_pending(lender: Lender) -> None:
    data = lender.spec.data.model_copy(update={"outcome_delay": timedelta()})
    assert pending_since(lender.spec.model_copy(update={"data": data}), night_of(CALM)) is None
