from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from airlock.governance import audit_log, releases
from airlock.governance.challengers import active, actives, end, of_release, start, step
from airlock.governance.deployments import deploy
from airlock.governance.passage import DeploymentRefused
from airlock.governance.records import RecordError
from airlock.governance.tables import audit_log as log_table
from tests.airlock.governance.records import MOMENT, approved_release, register

DAY = timedelta(days=1)


def deployed(conn, version, **changes):
    candidate = register(conn, version=version, **changes)
    return deploy(conn, approved_release(conn, candidate), candidate, MOMENT)


def on_its_way(conn, version, way="canary", **changes):
    """Return an approved release that goes beside what serves, and its candidate."""
    candidate = register(conn, version=version, **changes)
    return approved_release(conn, candidate, way=way), candidate


def started(conn, version=2, way="canary", share=0.1):
    return start(conn, *on_its_way(conn, version, way), share=share, at=MOMENT)


def acts(conn, *wanted):
    return list(audit_log.entries(conn, log_table.c.act.in_(wanted)))


def test_an_approved_release_runs_beside_the_champion(conn):
    deployed(conn, 1)
    made = started(conn)
    assert active(conn, "credit_risk") == made == of_release(conn, made.release_id)
    assert actives(conn) == (made,)
    assert (made.version, made.package_digest, made.way, made.share, made.step) == (
        2, "package_2", "canary", 0.1, 1,
    )  # fmt: skip
    assert (made.started_at, made.stepped_at, made.ended_at) == (MOMENT, MOMENT, None)


def test_its_whole_life_is_in_the_audit_log(conn):
    deployed(conn, 1)
    made = started(conn)
    step(conn, made, share=0.5, step=2, at=MOMENT + DAY)
    end(conn, made, outcome="broke", because="it failed on 3 % of its rows", at=MOMENT + 2 * DAY)
    one, two, three = acts(conn, "challenger_started", "challenger_stepped", "challenger_ended")
    facts = {
        "challenger": made.id,
        "release": made.release_id,
        "version": 2,
        "way": "canary",
        "share": 0.1,
        "step": 1,
        "package_digest": "package_2",
    }
    run = f"credit_risk.release/release_{made.candidate_id}"
    for entry in (one, two, three):
        assert (entry.actor, entry.model, entry.run) == ("credit_risk.release", "credit_risk", run)
    assert one.facts == facts
    assert two.facts == facts | {"share": 0.5, "step": 2}
    because = {"outcome": "broke", "because": "it failed on 3 % of its rows"}
    assert three.facts == facts | {"share": 0.5, "step": 2} | because
    assert [one.at, two.at, three.at] == [MOMENT, MOMENT + DAY, MOMENT + 2 * DAY]


def test_every_act_repeated_is_once(conn):
    deployed(conn, 1)
    release, candidate = on_its_way(conn, 2)
    made = start(conn, release, candidate, share=0.1, at=MOMENT)
    assert start(conn, release, candidate, share=0.1, at=MOMENT + DAY) == made
    stepped = step(conn, made, share=0.5, step=2, at=MOMENT + DAY)
    assert step(conn, made, share=0.5, step=2, at=MOMENT + 2 * DAY) == stepped
    ended = end(conn, made, outcome="passed", because="as good", at=MOMENT + 2 * DAY)
    assert end(conn, made, outcome="passed", because="again", at=MOMENT + 3 * DAY) == ended
    assert start(conn, release, candidate, share=0.1, at=MOMENT + DAY) == ended
    assert step(conn, made, share=0.5, step=2, at=MOMENT + 4 * DAY) == ended
    assert len(acts(conn, "challenger_started", "challenger_stepped", "challenger_ended")) == 3


def test_what_ended_runs_no_longer_and_changes_no_more(conn):
    deployed(conn, 1)
    made = started(conn)
    end(conn, made, outcome="broke", because="it failed", at=MOMENT)
    assert (active(conn, "credit_risk"), actives(conn)) == (None, ())
    assert of_release(conn, made.release_id).ended_because == "it failed"
    with pytest.raises(RecordError, match="version 2 has ended as broke and cannot end as passed"):
        end(conn, made, outcome="passed", because="on second thoughts", at=MOMENT)
    with pytest.raises(RecordError, match="has ended as broke, so its share cannot change"):
        step(conn, made, share=0.5, step=2, at=MOMENT)


@pytest.mark.parametrize(
    ("share", "number"), [(0.05, 2), (0.1, 2), (0.5, 3), (0.5, 1), (1.5, 2), (float("nan"), 2)]
)
def test_a_step_that_is_not_the_next_is_refused(conn, share, number):
    deployed(conn, 1)
    made = started(conn)
    with pytest.raises(RecordError, match="is not its next"):
        step(conn, made, share=share, step=number, at=MOMENT)
    assert active(conn, "credit_risk") == made


@pytest.mark.parametrize(
    ("way", "share"), [("shadow", 0.1), ("canary", 0), ("ab", 0), ("ab", 1.1), ("canary", float("nan"))]
)
def test_a_share_that_its_way_does_not_have_is_refused(conn, way, share):
    deployed(conn, 1)
    with pytest.raises(RecordError, match=f"the share of a {way} is"):
        started(conn, way=way, share=share)
    assert actives(conn) == ()


def test_a_full_release_does_not_run_beside_anything(conn):
    deployed(conn, 1)
    with pytest.raises(DeploymentRefused, match="goes the full way"):
        started(conn, way="full")


def test_where_nothing_serves_nothing_runs_beside_it(conn):
    with pytest.raises(DeploymentRefused, match="nothing serves that version 2 could run beside"):
        started(conn)


@pytest.mark.parametrize("state", ["open", "rejected", "expired", "superseded", "failed"])
def test_a_release_that_was_not_approved_is_refused(conn, state):
    deployed(conn, 1)
    candidate = register(conn, version=2)
    release = releases.open_release(
        conn, candidate=candidate, dag_run_id="r", people=0, opened_at=MOMENT, way="canary"
    )
    if state != "open":
        releases.close(conn, release.id, state=state, reason="so", at=MOMENT)
    pretended = replace(releases.find(conn, release.id), state="approved")
    with pytest.raises(DeploymentRefused):
        start(conn, pretended, candidate, share=0.1, at=MOMENT)
    assert actives(conn) == ()


def test_a_candidate_changed_after_its_approval_is_refused(conn):
    deployed(conn, 1)
    release, candidate = on_its_way(conn, 2)
    conn.execute(
        text("UPDATE candidates SET package_digest = 'smuggled' WHERE id = :id"), {"id": candidate.id}
    )
    with pytest.raises(DeploymentRefused):
        start(conn, release, candidate, share=0.1, at=MOMENT)


def test_a_release_already_deployed_is_refused(conn):
    deployed(conn, 1)
    release, candidate = on_its_way(conn, 2)
    conn.execute(text("UPDATE releases SET state = 'deployed' WHERE id = :id"), {"id": release.id})
    with pytest.raises(DeploymentRefused):
        start(conn, release, candidate, share=0.1, at=MOMENT)


def test_an_older_candidate_does_not_challenge_a_newer_champion(conn):
    older = on_its_way(conn, 1)
    deployed(conn, 2)
    with pytest.raises(DeploymentRefused, match="version 1 is not newer"):
        start(conn, *older, share=0.1, at=MOMENT)


def test_an_older_candidate_does_not_replace_a_newer_challenger(conn):
    deployed(conn, 1)
    older, newer = on_its_way(conn, 2), on_its_way(conn, 3)
    made = start(conn, *newer, share=0.1, at=MOMENT)
    with pytest.raises(DeploymentRefused, match="version 3 serves or runs beside"):
        start(conn, *older, share=0.1, at=MOMENT)
    assert actives(conn) == (made,)


def test_a_newer_challenger_takes_the_place_of_the_older(conn):
    deployed(conn, 1)
    older, newer = started(conn, 2), started(conn, 3)
    assert active(conn, "credit_risk") == newer
    ended = of_release(conn, older.release_id)
    assert (ended.outcome, ended.ended_at) == ("superseded", MOMENT)
    assert "version 3 runs beside the champion now" in ended.ended_because
    assert releases.find(conn, older.release_id).state == "superseded"
    assert releases.find(conn, newer.release_id).state == "approved"


def test_a_challenger_whose_release_has_failed_does_not_stand_in_the_way(conn):
    deployed(conn, 1)
    older = started(conn, 2)
    releases.close(conn, older.release_id, state="failed", reason="a task failed", at=MOMENT)
    newer = started(conn, 3)
    assert active(conn, "credit_risk") == newer
    assert of_release(conn, older.release_id).outcome == "superseded"
    assert releases.find(conn, older.release_id).state == "failed"


def test_models_do_not_touch_each_other(conn):
    deployed(conn, 1), deployed(conn, 1, model="other")
    one = started(conn)
    other = start(conn, *on_its_way(conn, 2, "shadow", model="other"), share=0, at=MOMENT)
    assert actives(conn) == (one, other)


def test_two_starts_at_once_leave_the_newer_challenger(engine):
    with engine.begin() as conn:
        deployed(conn, 1)
        ready = [on_its_way(conn, version) for version in (2, 3)]
    barrier = Barrier(4)

    def attempt(pair):
        with engine.begin() as conn:
            barrier.wait()
            try:
                return start(conn, *pair, share=0.1, at=MOMENT).version
            except DeploymentRefused:
                return None

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(attempt, [*ready, *ready]))
    with engine.connect() as conn:
        assert [one.version for one in actives(conn)] == [3]


def test_the_database_keeps_a_second_challenger_out(conn):
    deployed(conn, 1)
    made = started(conn)
    release, candidate = on_its_way(conn, 3)
    with pytest.raises(IntegrityError, match="one_challenger_per_model"):
        conn.execute(
            text(
                "INSERT INTO challengers (model, release_id, candidate_id, version, package_digest, way, "
                "share, step, started_at, stepped_at) "
                "VALUES (:model, :release, :candidate, 3, 'p', 'canary', 1, 1, now(), now())"
            ),
            {"model": made.model, "release": release.id, "candidate": candidate.id},
        )
