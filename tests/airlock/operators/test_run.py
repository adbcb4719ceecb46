"""What a run is about: who started it, why, and from which moment it looks at the world."""

from datetime import UTC, datetime, timedelta

import pytest

from airlock.operators.assets import candidate_asset, retrain_asset
from airlock.operators.run import RunError, run_of
from tests.airlock.operators.running import RUN_AFTER, context

RETRAIN = retrain_asset("loans")
ASKED = {
    "cause": "The night crossed limits.",
    "as_of": "2026-01-11T00:00:00+00:00",
    "started_by": "loans.monitor",
}


def test_a_person_starts_a_run_and_says_why() -> None:
    run = run_of(context(user="dana", params={"reason": "monthly refresh", "as_of": None}), RETRAIN)
    assert (run.dag_id, run.run_id) == ("loans.train", "manual__1")
    assert (run.started_by, run.cause) == ("dana", "monthly refresh")
    assert run.as_of == run.interval_end == RUN_AFTER


def test_a_person_who_says_nothing_is_named() -> None:
    assert run_of(context(user="dana")).cause == "started by dana, who gave no reason"


def test_the_schedule_starts_a_run() -> None:
    end = datetime(2026, 1, 10, 3, tzinfo=UTC)
    run = run_of(context(interval_end=end))
    assert (run.started_by, run.interval_end, run.as_of) == ("schedule", end, end)


def test_a_night_starts_a_training_with_its_cause() -> None:
    run = run_of(context(events={RETRAIN: [ASKED]}), RETRAIN)
    assert (run.started_by, run.cause) == ("loans.monitor", "The night crossed limits.")
    assert run.as_of == datetime(2026, 1, 11, tzinfo=UTC)


def test_a_night_says_in_which_mode_and_how_far_back_whatever_the_form_says() -> None:
    asked = ASKED | {"mode": "refit", "history": "20d"}
    run = run_of(context(events={RETRAIN: [asked]}, params={"mode": "search"}), RETRAIN)
    assert (run.mode, run.history) == ("refit", timedelta(days=20))
    by_hand = run_of(context(user="dana", params={"mode": "search"}), RETRAIN)
    assert (by_hand.mode, by_hand.history) == ("search", None)


def test_of_several_nights_the_newest_counts() -> None:
    events = {RETRAIN: [ASKED, ASKED | {"cause": "The next night, too."}]}
    assert run_of(context(events=events), RETRAIN).cause == "The next night, too."


def test_another_asset_s_event_says_nothing() -> None:
    run = run_of(context(events={candidate_asset("loans"): [ASKED]}), RETRAIN)
    assert run.started_by == "schedule"


def test_an_event_made_by_hand_starts_no_training() -> None:
    forged = ASKED | {"started_by": "somebody else", "from_rest_api": True}
    with pytest.raises(RunError, match=r"made by hand.*not by whom.*Trigger loans\.train instead"):
        run_of(context(events={RETRAIN: [forged]}), RETRAIN)
    with pytest.raises(RunError, match="made by hand"):
        run_of(context(user="dana", events={RETRAIN: [ASKED, {"from_rest_api": True}]}), RETRAIN)


def test_a_moment_in_any_time_zone_becomes_utc() -> None:
    run = run_of(context(params={"as_of": "2026-01-09T01:00:00+02:00"}))
    assert run.as_of == datetime(2026, 1, 8, 23, tzinfo=UTC)
    assert run.as_of.utcoffset() == timedelta(0)
    assert run.interval_end == RUN_AFTER


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("yesterday", "'yesterday' is not a moment. Write one such as 2026-11-01T00:00:00+00:00."),
        ("2026-01-09T01:00:00", "has no time zone. Write one such as 2026-01-09T01:00:00+00:00."),
        ("2026-01-09", "has no time zone. Write one such as 2026-01-09T00:00:00+00:00."),
    ],
)
def test_a_moment_that_cannot_be_used_is_refused_with_the_cure(text: str, cure: str) -> None:
    with pytest.raises(RunError) as refused:
        run_of(context(params={"as_of": text}))
    assert str(refused.value).startswith("as_of: ")
    assert cure in str(refused.value)
