"""Who answers which row: the champion, the challenger for its share, and the champion where it fails."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError
from pytest import approx

from airlock.governance.challengers import Challenger
from airlock.governance.deployments import Deployment
from airlock.package.predictor import Predictor
from airlock.serving.answering import answer
from airlock.serving.forms import Question
from airlock.serving.refusals import Refusal
from airlock.serving.routing import is_challengers
from airlock.serving.versions import Ready, Serving, Unavailable
from tests.airlock.serving.conftest import BREAKS, ENDLESS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROW = {"income": 2500.0, "debt": 900.0, "housing": "rent", "insured": True}
#: The columns of the prediction log in a line of COPY.
VERSION, PURPOSE, KEY, SCORE, PREDICTION, RUN_KEY = 2, 4, 5, 7, 8, 9


def champion(package):
    record = Deployment(1, "loans", 1, 1, 1, package.digest, NOW, None, None, False, None)
    return Ready(record, Predictor.load(package))


def challenger(package, way="canary", share=0.5):
    record = Challenger(
        1, "loans", 2, 2, 2, package.digest, way, share, 1, NOW, NOW, None, None, None
    )  # fmt: skip
    return Ready(record, Predictor.load(package))


def question(*rows, **more):
    return Question.model_validate({"rows": list(rows), **more})


def applicants(count, **changes):
    return [{"features": {**ROW, **changes}, "entity_key": f"L{n}"} for n in range(count)]


def asked(serving, *rows, **more):
    """Return the answers, and the fields of the lines to be logged, by purpose."""
    answered = answer(serving, question(*rows, **more), "shop", NOW)
    lines = [text.rstrip("\n").split("\t") for text in answered.lines]
    return answered.reply.predictions, lines, answered


@pytest.mark.parametrize("way", ["canary", "ab"])
def test_each_row_is_answered_by_whose_share_it_is(world, way):
    serving = Serving(champion(world.linear), challenger(world.trees, way))
    given, lines, answered = asked(serving, *applicants(60))
    theirs = [is_challengers(0.5, "loans", 2, f"L{n}") for n in range(60)]
    assert 10 < sum(theirs) < 50
    assert [one.version for one in given] == [2 if is_theirs else 1 for is_theirs in theirs]
    by = {1: world.linear, 2: world.trees}
    for version, package in by.items():
        (said,) = Predictor.load(package).predict([ROW])
        scores = {round(one.score, 12) for one in given if one.version == version}
        assert scores == {round(said.score, 12)}
    assert [(line[PURPOSE], int(line[VERSION])) for line in lines] == [
        ("decision", one.version) for one in given
    ]
    assert (answered.reply.version, answered.reply.package_digest) == (1, world.linear.digest)
    assert answered.shadowed is None


def test_rows_about_nothing_in_particular_are_spread_too(world):
    serving = Serving(champion(world.linear), challenger(world.trees))
    given, _, _ = asked(serving, *[{"features": ROW}] * 100)
    assert {one.version for one in given} == {1, 2}


def test_a_challenger_that_crashes_on_every_row_costs_no_answer(world, rivals):
    serving = Serving(champion(world.linear), challenger(rivals.fragile, share=1))
    given, lines, _ = asked(serving, *applicants(5, debt=BREAKS))
    assert [one.version for one in given] == [1] * 5
    decided = [line for line in lines if line[PURPOSE] == "decision"]
    failed = [line for line in lines if line[PURPOSE] == "shadow"]
    assert [line[VERSION] for line in decided] == ["1"] * 5
    assert [(line[VERSION], line[SCORE], line[PREDICTION]) for line in failed] == [("2", "\\N", "")] * 5
    assert [line[RUN_KEY] for line in failed] == [str(one.id) for one in given]
    assert [line[KEY] for line in failed] == [f"L{n}" for n in range(5)]


def test_only_rows_without_a_finite_score_go_back_to_the_champion(world, rivals):
    serving = Serving(champion(world.linear), challenger(rivals.fragile, share=1))
    one, two = applicants(2)
    given, lines, _ = asked(serving, one, {**two, "features": {**ROW, "debt": ENDLESS}})
    assert [answer.version for answer in given] == [2, 1]
    assert given[0].score == 0.75
    assert [(line[VERSION], line[KEY]) for line in lines if line[PURPOSE] == "shadow"] == [("2", "L1")]


def test_a_challenger_that_needs_another_field_fails_where_the_champion_answers(world, rivals):
    serving = Serving(champion(world.linear), challenger(rivals.wide, share=1))
    given, lines, _ = asked(serving, *applicants(3))
    assert [one.version for one in given] == [1, 1, 1]
    assert sum(line[PURPOSE] == "shadow" for line in lines) == 3


def test_where_the_champion_fails_too_the_request_is_refused_and_its_row_named(world, rivals):
    serving = Serving(champion(rivals.fragile), challenger(world.linear))
    rows = applicants(40)
    mine = next(n for n in range(1, 40) if not is_challengers(0.5, "loans", 2, f"L{n}"))
    rows[mine]["features"]["debt"] = ENDLESS
    with pytest.raises(Refusal, match="no finite score") as refused:
        asked(serving, *rows)
    assert (refused.value.status, refused.value.body.problems[0].row) == (422, mine)


def test_the_champion_s_signature_says_what_may_be_asked(world, rivals):
    serving = Serving(champion(world.linear), challenger(rivals.wide, share=1))
    with pytest.raises(Refusal, match="age: is no field of this model"):
        asked(serving, *applicants(1, age=40))


def test_a_shadow_answers_nobody_and_is_asked_later(world):
    serving = Serving(champion(world.linear), challenger(world.trees, "shadow", 0))
    given, lines, answered = asked(serving, *applicants(4))
    assert [one.version for one in given] == [1] * 4
    assert [line[PURPOSE] for line in lines] == ["decision"] * 4
    assert answered.shadowed.challenger is serving.challenger
    assert [row.id for row in answered.shadowed.rows] == [one.id for one in given]


@pytest.mark.parametrize(("way", "share"), [("canary", 1), ("shadow", 0)])
def test_a_smoke_test_asks_the_champion_unless_it_names_a_version(world, way, share):
    serving = Serving(champion(world.linear), challenger(world.trees, way, share))
    for named, by in ((None, 1), (1, 1), (2, 2)):
        given, lines, answered = asked(serving, *applicants(3), purpose="smoke_test", version=named)
        assert [one.version for one in given] == [by] * 3
        assert [(line[PURPOSE], line[VERSION]) for line in lines] == [("smoke_test", str(by))] * 3
        assert answered.shadowed is None
    (said,) = Predictor.load(world.trees).predict([ROW])
    assert given[0].score == approx(said.score, abs=1e-12)


def test_a_version_that_does_not_serve_is_not_found(world):
    alone = Serving(champion(world.linear), None)
    with pytest.raises(Refusal, match="loans version 7 does not serve: .* nothing runs beside it") as refused:
        asked(alone, *applicants(1), purpose="smoke_test", version=7)
    assert refused.value.status == 404


def test_a_named_challenger_that_cannot_be_used_says_why(world):
    beside = Unavailable(challenger(world.trees).record, "its package was changed", 0.0)
    serving = Serving(champion(world.linear), beside)
    with pytest.raises(Refusal, match="its package was changed") as refused:
        asked(serving, *applicants(1), purpose="smoke_test", version=2)
    assert refused.value.status == 503
    assert {one.version for one in asked(serving, *applicants(30))[0]} == {1}


def test_a_champion_that_cannot_be_used_is_not_replaced_by_its_challenger(world):
    gone = Unavailable(champion(world.linear).record, "its package was changed", 0.0)
    with pytest.raises(Refusal, match="its package was changed"):
        asked(Serving(gone, challenger(world.trees, share=1)), *applicants(3))


def test_a_decision_does_not_choose_its_version():
    with pytest.raises(ValidationError, match="is for smoke tests alone"):
        question({"features": ROW}, version=1)
