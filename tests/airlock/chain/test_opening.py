"""A spec that was edited after the training lets nothing out more easily, and what is old stays in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.engine import Connection

from airlock.chain.opening import obstacles
from airlock.governance.candidates import Candidate
from airlock.settings import ROOT
from airlock.spec import ModelSpec
from tests.airlock.governance.records import MOMENT, register
from tests.airlock.loans import loan_spec


def judged(conn: Connection, tier: str, version: int = 2) -> Candidate:
    return register(conn, model="loans", version=version, evidence={"tier": tier})


def spec_of(tier: str, people: int = 2) -> ModelSpec:
    approval = {"people": people, "approvers": ["ria", "omar"]}
    return loan_spec(approval=approval).model_copy(update={"risk_tier": tier})


def found(
    spec: ModelSpec,
    candidate: Candidate,
    serving: Candidate | None = None,
    *,
    days: float = 1,
    people: int | None = None,
) -> list[str]:
    at = MOMENT + timedelta(days=days)
    asked = spec.approval.people if people is None else people
    return list(obstacles(ROOT / "include", spec, candidate, serving, at, people=asked))


@pytest.mark.parametrize(
    ("judged_under", "now"), [("high", "limited"), ("high", "minimal"), ("limited", "minimal")]
)
def test_a_tier_that_was_lowered_after_the_training_is_refused(
    conn: Connection, judged_under: str, now: str
) -> None:
    (because,) = found(spec_of(now), judged(conn, judged_under))
    assert because.startswith(
        f"Version 2 was judged under the tier {judged_under}, and the spec says {now} now."
    )
    assert "loans.train again" in because


@pytest.mark.parametrize(
    ("judged_under", "now"), [("high", "high"), ("limited", "high"), ("minimal", "limited")]
)
def test_a_tier_that_stayed_or_rose_is_no_obstacle(conn: Connection, judged_under: str, now: str) -> None:
    assert found(spec_of(now), judged(conn, judged_under)) == []


def test_what_replaces_a_version_of_a_higher_tier_needs_as_many_people(conn: Connection) -> None:
    candidate, serving = judged(conn, "limited"), judged(conn, "high", version=1)
    (because,) = found(spec_of("limited", people=1), candidate, serving)
    assert "Version 1 serves under the tier high, which asks for 2 people" in because
    assert "This release asks for 1. Write approval.people: 2" in because
    assert found(spec_of("limited", people=2), candidate, serving) == []


def test_the_people_that_count_are_those_the_release_asks_for(conn: Connection) -> None:
    candidate, serving = judged(conn, "limited"), judged(conn, "high", version=1)
    assert len(found(spec_of("limited", people=2), candidate, serving, people=1)) == 1
    assert found(spec_of("limited", people=1), candidate, serving, people=2) == []


def test_what_replaces_a_version_of_a_lower_tier_needs_no_more(conn: Connection) -> None:
    assert found(spec_of("limited", people=1), judged(conn, "limited"), judged(conn, "minimal", 1)) == []


def test_evidence_that_names_no_tier_counts_as_the_highest(conn: Connection) -> None:
    unnamed = replace(judged(conn, "limited"), evidence={})
    assert len(found(spec_of("limited"), unnamed)) == 1
    assert len(found(spec_of("limited", people=1), judged(conn, "limited"), unnamed)) == 1


@pytest.mark.parametrize(("tier", "days"), [("high", 30), ("limited", 60), ("minimal", 90)])
def test_each_tier_has_an_age_after_which_a_candidate_stays_in(
    conn: Connection, tier: str, days: int
) -> None:
    candidate = judged(conn, tier)
    assert found(spec_of(tier), candidate, days=days) == []
    (because,) = found(spec_of(tier), candidate, days=days + 0.001)
    assert "lets nothing out that is older than" in because
