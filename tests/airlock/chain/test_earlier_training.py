"""The loop breaker: a training that did not help is not followed by another one, until a person has acted."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from airlock.chain.retraining import retraining
from airlock.governance import nights, releases, training_requests
from airlock.governance.candidates import Candidate
from airlock.governance.deployments import champion, deploy
from airlock.governance.nights import Night
from airlock.governance.withdrawal import withdraw
from airlock.monitoring.finding import Finding
from airlock.store import Store
from tests.airlock.chain.joined import Joined
from tests.airlock.governance.records import MOMENT, approved_release, register
from tests.airlock.loans import loan_spec

DAY = timedelta(days=1)
ASKED, NIGHT = date(2026, 2, 1), date(2026, 2, 28)
WORSE = Finding("performance", "roc_auc", 0.5, 0.6, "roc_auc is 0.5.", "performance/roc_auc")
OTHER = Finding("performance", "f1", 0.2, 0.4, "f1 is 0.2.", "performance/f1")
CAUSE = "The night of 2026-02-01 crossed limits: roc_auc is 0.5."
HOUR = timedelta(hours=1)
BROKEN = "the last one did not help. The training that the night of 2026-02-01 asked for"


@pytest.fixture
def asked(conn: Connection) -> Iterator[Connection]:
    """A model with a champion, whose night asked for a training."""
    with conn.begin_nested() as change:
        serve(conn, register(conn, model="loans", version=1))
        watch(conn, ASKED, WORSE, version=1)
        training_requests.record(
            conn, "loans", ASKED, "run_1", by="loans.monitor", cause=CAUSE, mode="search",
            findings=[WORSE.key], at=MOMENT + HOUR,
        )  # fmt: skip
        yield conn
        change.rollback()


def made(conn: Connection, version: int | None = 2, **changes: Any) -> Candidate:
    """Record what the training made."""
    facts = {"cause": CAUSE, "trained_by": "loans.monitor", "recorded_at": MOMENT + 2 * HOUR} | changes
    return register(conn, model="loans", version=version, **facts)


def serve(conn: Connection, candidate: Candidate) -> None:
    deploy(conn, approved_release(conn, candidate), candidate, MOMENT)


def watch(conn: Connection, night: date, *findings: Finding, version: int) -> Night:
    found = [finding.to_json() for finding in findings]
    seen = Night("loans", night, version, 240, {}, found, None, MOMENT)
    nights.record(conn, seen)
    return seen


def refused(conn: Connection, *findings: Finding, version: int = 1, night: date = NIGHT) -> str:
    rule = {"automatic": True, "cooldown": "7d", "fresh": 0}
    spec = loan_spec(monitoring={"retraining": rule})
    seen = watch(conn, night, *findings or (WORSE,), version=version)
    engine: Any = Joined(conn)
    said = retraining(spec, seen, run_id="run_2", engine=engine, store=Store(Path("nowhere")))
    return said.refused_because or ""


def test_a_training_that_registered_nothing(asked: Connection) -> None:
    assert refused(asked).startswith(f"{BROKEN} has registered nothing. It failed, or it still runs")


def test_a_candidate_that_was_refused(asked: Connection) -> None:
    made(asked, None, reason="roc_auc is 0.61, and at least 0.7 was asked for.")
    said = refused(asked)
    assert said.startswith(f"{BROKEN} was refused: roc_auc is 0.61")
    assert said.endswith("run loans.train; once what they train serves, nights may ask again.")


def test_a_version_that_waits_for_its_release(asked: Connection) -> None:
    candidate = made(asked)
    waits = "version 2, which the night of 2026-02-01 asked for, waits for its release."
    assert refused(asked) == waits
    releases.open_release(asked, candidate=candidate, dag_run_id="r", people=1, opened_at=MOMENT)
    assert refused(asked) == waits


@pytest.mark.parametrize("state", ["rejected", "expired", "superseded", "failed"])
def test_a_version_that_was_not_approved(asked: Connection, state: releases.State) -> None:
    release = releases.open_release(asked, candidate=made(asked), dag_run_id="r", people=1, opened_at=MOMENT)
    releases.close(asked, release.id, state=state, reason="ria rejected: no.", at=MOMENT)
    assert refused(asked).startswith(f"{BROKEN} made version 2, which ended as {state}: ria rejected: no.")


def test_a_version_that_was_taken_back(asked: Connection) -> None:
    serve(asked, made(asked))
    deployed = champion(asked, "loans")
    assert deployed is not None
    withdraw(asked, deployed, "it answers nobody.", MOMENT)
    assert refused(asked).startswith(f"{BROKEN} made version 2, which ended as failed: it answers nobody.")


def test_a_version_that_has_not_answered_yet(asked: Connection) -> None:
    serve(asked, made(asked))
    assert refused(asked).endswith("has not answered this night.")


def test_a_version_is_given_the_cooldown_to_help(asked: Connection) -> None:
    serve(asked, made(asked))
    watch(asked, NIGHT - 6 * DAY, version=2)
    assert "answers since the night of 2026-02-22. From the night of 2026-03-01 on" in refused(
        asked, version=2
    )


def test_the_same_finding_after_that_breaks_the_loop(asked: Connection) -> None:
    serve(asked, made(asked))
    watch(asked, NIGHT - 7 * DAY, version=2)
    said = refused(asked, WORSE, OTHER, version=2)
    assert said.startswith(
        f"{BROKEN} made version 2, which serves, and the same is found again: performance/roc_auc."
    )


def test_another_finding_after_that_may_ask(asked: Connection) -> None:
    serve(asked, made(asked))
    watch(asked, NIGHT - 7 * DAY, version=2)
    assert refused(asked, OTHER, version=2) == ""


def test_once_people_have_released_a_version_of_their_own_nights_may_ask_again(asked: Connection) -> None:
    made(asked, None)
    assert refused(asked).startswith(BROKEN)
    serve(asked, register(asked, model="loans", version=3, recorded_at=MOMENT + 3 * HOUR))
    assert refused(asked, version=3) == ""


def test_the_champion_that_served_before_does_not_count_as_people_s_own(asked: Connection) -> None:
    made(asked, None)
    assert refused(asked).startswith(BROKEN)


def test_the_budget_of_thirty_days_is_the_last_word(asked: Connection) -> None:
    watch(asked, ASKED - DAY, OTHER, version=1)
    training_requests.record(
        asked, "loans", ASKED - DAY, "run_0", by="loans.monitor", cause="another", mode="search",
        findings=[OTHER.key], at=MOMENT,
    )  # fmt: skip
    serve(asked, register(asked, model="loans", version=3, recorded_at=MOMENT + 3 * HOUR))
    over = "nights have asked for 2 within thirty days, which is the budget (monitoring.retraining.budget)."
    assert refused(asked, version=3) == f"{over} A person may start one."
    assert refused(asked, version=3, night=ASKED + 29 * DAY) == ""
