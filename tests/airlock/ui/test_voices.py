"""The page of a model shows what people contest and what they think of its decisions."""

import uuid
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.engine import Engine

from airlock.governance import contests, feedback
from airlock.governance.contests import OVERTURN, UPHOLD, Verdict
from airlock.ui.voices import voices
from tests.airlock.ui.history import MORNING

PAGE = "/airlock/models/credit_risk"
EVIL = "<script>alert(1)</script>"


def contest(engine: Engine, number: int, model: str = "credit_risk") -> int:
    with engine.begin() as conn:
        known, _ = contests.contest(
            conn,
            decision_id=uuid.UUID(int=number),
            model=model,
            version=4,
            reason="My income rose, says Zoe.",
            asked_by=f"shop{EVIL}",
            at=MORNING,
        )
    return known.id


def decide(engine: Engine, number: int, choice: str, own: str = "") -> None:
    with engine.begin() as conn:
        given = Verdict("omar", choice, own, f"I looked. {EVIL}", MORNING + timedelta(hours=1))
        contests.decide(conn, number, given, answered="true")


def think(engine: Engine, number: int, verdict: feedback.Opinion, comment: str = "") -> None:
    with engine.begin() as conn:
        feedback.give(
            conn,
            decision_id=uuid.UUID(int=number),
            model="credit_risk",
            version=4,
            verdict=verdict,
            comment=comment,
            given_by="desk",
            at=MORNING + timedelta(minutes=number),
        )


@pytest.fixture
def numbers(engine: Engine) -> list[int]:
    """The ids of four contests: the second is upheld, the third overturned."""
    made = [contest(engine, number) for number in (1, 2, 3, 4)]
    contest(engine, 9, model="churn")
    decide(engine, made[1], UPHOLD)
    decide(engine, made[2], OVERTURN, "false")
    return made


def test_those_that_wait_come_first_the_oldest_at_the_top(engine: Engine, numbers: list[int]) -> None:
    with engine.connect() as conn:
        said = voices(conn, "credit_risk")
    first, upheld, overturned, last = numbers
    assert [one["id"] for one in said.contests] == [first, last, overturned, upheld]
    assert (said.open, said.upheld, said.overturned) == (2, 1, 1)


def test_the_page_of_a_model_shows_contests_and_feedback(
    browser: TestClient, engine: Engine, numbers: list[int]
) -> None:
    think(engine, 1, "disagree", f"She pays. {EVIL}")
    think(engine, 2, "agree")
    think(engine, 3, "agree")
    page = browser.get(PAGE).text
    assert '<a href="#contests">2 open</a> <span class="soft">and 2 decided, 1 of them overturned' in page
    assert '<a href="#feedback">2 agree, 1 disagree</a>' in page
    assert f"/dags/credit_risk.contest/runs/contest_{numbers[0]}" in page
    assert "<b>omar</b>" in page and "She pays. &lt;script&gt;" in page
    assert EVIL not in page, "what people say is shown, never run"
    assert "Zoe" not in page, "why somebody contests is for those who decide"


def test_a_model_that_nobody_speaks_of_says_so(browser: TestClient) -> None:
    page = browser.get(PAGE).text
    assert "None: nobody has contested a decision." in page
    assert '<a href="#feedback">0 agree, 0 disagree</a>' in page
