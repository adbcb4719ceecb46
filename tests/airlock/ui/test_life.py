"""The life of a model: what happened, in words and as one picture."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from airlock.governance.audit_log import Act
from airlock.ui.audit import WORDS
from airlock.ui.life import KINDS, life
from airlock.ui.life_line import LEFT, MOST_AT_ONCE, RIGHT, life_line
from airlock.ui.queries import MOST_EVENTS, History

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
#: Acts that are of no model, so in no model's life.
OF_THE_INSTALLATION = {"key_issued", "key_revoked", "log_anchored", "drill_held"}


def act(name: str, days_ago: int = 0, **facts: Any) -> Any:
    at = NOW - timedelta(days=days_ago)
    return {"act": name, "at": at, "actor": "sam", "run": None, "facts": facts}


def history(**records: Any) -> History:
    empty: dict[str, Any] = dict.fromkeys(
        ("candidates", "releases", "deployments", "nights", "challengers", "incidents", "acts"), ()
    )
    return History(champion=None, **(empty | records))


def candidate(days_ago: int, version: int | None = 1) -> Any:
    return {"recorded_at": NOW - timedelta(days=days_ago), "version": version, "reason": "roc_auc is low."}


def incident(number: int, days_ago: int, settled: int | None = None) -> Any:
    at = None if settled is None else NOW - timedelta(days=settled)
    found = NOW - timedelta(days=days_ago)
    return {"id": number, "found_at": found, "settled_at": at, "sentence": "income has shifted."}


def test_every_act_of_a_model_has_its_kind_and_its_words() -> None:
    assert set(get_args(Act)) - OF_THE_INSTALLATION == set(KINDS)
    assert set(KINDS) <= set(WORDS)


def test_contests_stand_among_the_acts_and_the_newest_come_first() -> None:
    contest = {"id": 7, "asked_at": NOW - timedelta(days=2), "asked_by": "branch", "decision_id": "d"}
    events = life([act("deployed", 1, version=3), act("withdrawn", 3)], [contest | {"model": "credit_risk"}])
    assert [event.kind for event in events] == ["deployment", "contest", "withdrawal"]
    assert events[0].sentence.startswith("deployed version 3")
    assert events[1].run == "credit_risk.contest/contest_7"


def test_an_act_of_tomorrow_is_shown_as_well() -> None:
    (event,) = life([act("painted", colour="red")], [])
    assert (event.kind, event.tone) == ("other", "soft") and "painted" in event.sentence


def test_a_long_life_is_cut() -> None:
    events = life([act("deployed", day) for day in range(MOST_EVENTS + 5)], [])
    assert len(events) == MOST_EVENTS and events[0].at == NOW


def test_before_anything_was_trained_there_is_no_picture() -> None:
    assert life_line(history(), NOW) is None


def test_what_still_serves_reaches_today_and_what_was_withdrawn_is_marked() -> None:
    at = NOW - timedelta(days=10)
    base = {"version": 3, "withdrawn": False, "retired_because": None, "retired_at": None, "deployed_at": at}
    gone = {
        **base,
        "deployed_at": NOW - timedelta(days=20),
        "retired_at": at,
        "withdrawn": True,
        "version": 2,
    }
    line = life_line(history(candidates=[candidate(30)], deployments=[base, gone]), NOW)
    assert line is not None
    assert [lane.name for lane in line.lanes] == ["Trained", "Serves"]
    serving, withdrawn = line.lanes[1].bars
    assert serving.end == RIGHT and (serving.tone, serving.name) == ("good", "v3")
    assert withdrawn.tone == "bad" and withdrawn.end <= serving.x + 0.1


def test_a_refused_candidate_and_a_night_with_findings_are_marked() -> None:
    nights = [
        {"night": NOW.date(), "findings": [1]},
        {"night": NOW.date() - timedelta(days=1), "findings": []},
    ]
    line = life_line(history(candidates=[candidate(3, None), candidate(9)], nights=nights), NOW)
    assert line is not None
    assert [[dot.tone for dot in lane.dots] for lane in line.lanes] == [["bad", "good"], ["bad", "soft"]]
    assert "refused. roc_auc is low." in line.lanes[0].dots[0].says


def test_incidents_of_the_same_days_lie_above_one_another() -> None:
    found = [incident(number, 5) for number in range(MOST_AT_ONCE, 0, -1)]
    line = life_line(history(candidates=[candidate(9)], incidents=[*found, incident(0, 8, settled=6)]), NOW)
    assert line is not None
    bars = line.lanes[-1].bars
    assert len({bar.top for bar in bars if bar.tone == "bad"}) == MOST_AT_ONCE
    assert bars[0].tone == "soft" and bars[0].top == bars[1].top


def test_an_incident_from_before_all_that_is_drawn_begins_at_the_edge_or_is_left_out() -> None:
    line = life_line(
        history(candidates=[candidate(9)], incidents=[incident(2, 90), incident(1, 90, settled=80)]), NOW
    )
    assert line is not None and len(line.lanes[-1].bars) == 1
    assert line.lanes[-1].bars[0].x == line.lanes[0].dots[0].x


def test_a_challenger_from_before_the_picture_is_not_drawn_beyond_its_edge() -> None:
    def challenger(version: int, days_ago: int, ended: int) -> Any:
        return {
            "version": version,
            "way": "shadow",
            "started_at": NOW - timedelta(days=days_ago),
            "ended_at": NOW - timedelta(days=ended),
            "ended_because": "it passed.",
            "outcome": "passed",
        }

    drawn = life_line(
        history(candidates=[candidate(3)], challengers=[challenger(1, 900, 800), challenger(2, 5, 1)]), NOW
    )
    assert drawn is not None
    (bar,) = next(lane for lane in drawn.lanes if lane.name == "Beside it").bars
    assert "version 2" in bar.says and LEFT <= bar.x < bar.end <= RIGHT
