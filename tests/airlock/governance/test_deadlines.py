"""Until when an answer counts, and when people are reminded of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.governance.approvals import Approval
from airlock.governance.deadlines import deadline, due
from airlock.governance.releases import Release
from tests.airlock.governance.records import MOMENT

DAYS = timedelta(days=4)
RELEASE = Release(5, "credit_risk", "run", 3, "p", "d", 2, "full", "open", "", MOMENT, None)


def answer(slot: int = 1, at: datetime = MOMENT, choice: str = "Approve") -> Approval:
    return Approval(5, slot, f"person_{slot}", choice, "read", "d", at)  # type: ignore[arg-type]


def test_the_first_has_the_time_from_the_opening_the_second_from_the_answer_before() -> None:
    assert deadline(RELEASE, [], DAYS) == MOMENT + DAYS
    later = MOMENT + timedelta(days=1)
    assert deadline(RELEASE, [answer(at=later)], DAYS) == later + DAYS


@pytest.mark.parametrize(
    ("days", "reminded"),
    [(0.0, False), (3.0, False), (3.001, True), (3.999, True), (4.0, False), (9.0, False)],
)
def test_people_are_reminded_in_the_last_quarter(days: float, reminded: bool) -> None:
    assert due(RELEASE, [], DAYS, MOMENT + timedelta(days=days)) is reminded


@pytest.mark.parametrize("state", ["approved", "rejected", "expired", "superseded", "deployed", "failed"])
def test_nobody_is_reminded_of_what_is_over(state: str) -> None:
    over = replace(RELEASE, state=state)  # type: ignore[arg-type]
    assert not due(over, [], DAYS, MOMENT + 0.9 * DAYS)


@given(
    people=st.integers(0, 3),
    choices=st.lists(st.sampled_from(["Approve", "Reject"]), max_size=3),
    minutes=st.integers(1, 20_000),
    passed=st.integers(-100, 30_000),
)
def test_a_reminder_comes_only_while_an_answer_is_missing_and_can_still_be_given(
    people: int, choices: list[str], minutes: int, passed: int
) -> None:
    release = replace(RELEASE, people=people)
    answers = [answer(slot, MOMENT, choice) for slot, choice in enumerate(choices, start=1)]
    timeout, now = timedelta(minutes=minutes), MOMENT + timedelta(minutes=passed)
    missing = len(answers) < people and "Reject" not in choices
    assert due(release, answers, timeout, now) == (missing and 0.75 * timeout < now - MOMENT < timeout)
