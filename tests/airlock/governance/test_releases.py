import pytest

from airlock.governance import audit_log, releases
from airlock.governance.records import RecordError
from tests.airlock.governance.records import MOMENT, approved_release, register


def opened(conn, candidate, run="release_1", people=2):
    return releases.open_release(conn, candidate=candidate, dag_run_id=run, people=people, opened_at=MOMENT)


def test_a_release_pins_the_digests_of_its_candidate(conn):
    candidate = register(conn)
    release = opened(conn, candidate)
    assert release == releases.find(conn, release.id)
    assert release.state == "open"
    assert (release.package_digest, release.dossier_digest) == (
        candidate.package_digest,
        candidate.dossier,
    )


def test_opening_twice_returns_the_first(conn):
    candidate = register(conn)
    assert opened(conn, candidate) == opened(conn, candidate)


def logged(conn, act):
    return [entry for entry in audit_log.entries(conn) if entry.act == act]


@pytest.mark.parametrize(("by", "actor"), [(None, "credit_risk.release"), ("mika", "mika")])
def test_the_audit_log_says_once_who_opened_what(conn, by, actor):
    candidate = register(conn)
    for _ in range(2):
        release = releases.open_release(
            conn, candidate=candidate, dag_run_id="r", people=2, way="canary", opened_at=MOMENT, by=by
        )
    (entry,) = logged(conn, "release_opened")
    assert (entry.actor, entry.at, entry.run) == (actor, MOMENT, "credit_risk.release/r")
    assert entry.facts == {
        "release": release.id,
        "candidate": candidate.id,
        "version": 1,
        "people": 2,
        "way": "canary",
        "package_digest": candidate.package_digest,
        "dossier_digest": candidate.dossier,
    }


def test_neither_people_nor_way_can_be_changed_by_opening_again(conn):
    candidate = register(conn)
    opened(conn, candidate)
    with pytest.raises(RecordError, match="for 2 people, full, and a record is never changed"):
        opened(conn, candidate, people=1)
    with pytest.raises(RecordError, match="for 2 people, full, and a record is never changed"):
        releases.open_release(
            conn, candidate=candidate, dag_run_id="release_1", people=2, way="ab", opened_at=MOMENT
        )


def test_one_run_cannot_open_a_release_of_another_candidate(conn):
    opened(conn, register(conn, version=1))
    with pytest.raises(RecordError, match="release_1 has already opened a release"):
        opened(conn, register(conn, version=2))


def test_a_refused_candidate_gets_no_release(conn):
    with pytest.raises(RecordError, match="was refused: too weak"):
        opened(conn, register(conn, version=None, reason="too weak"))


def test_a_candidate_from_before_there_were_dossiers_gets_no_release(conn):
    candidate = register(conn, dossier_digest=None)
    with pytest.raises(RecordError, match="has no dossier.* Run credit_risk.train again"):
        opened(conn, candidate)


def test_closing_twice_is_once(conn):
    release = opened(conn, register(conn))
    first = releases.close(conn, release.id, state="rejected", reason="Rejected by ria: no.", at=MOMENT)
    assert releases.close(conn, release.id, state="rejected", reason="again", at=MOMENT) == first
    assert (first.reason, first.decided_at) == ("Rejected by ria: no.", MOMENT)


@pytest.mark.parametrize(("by", "actor"), [(None, "credit_risk.release"), ("mika", "mika")])
def test_the_audit_log_says_once_how_a_release_ended(conn, by, actor):
    release = opened(conn, register(conn))
    for _ in range(2):
        releases.close(conn, release.id, state="failed", reason="so it is", at=MOMENT, by=by)
    (entry,) = logged(conn, "release_closed")
    assert (entry.actor, entry.run) == (actor, release.run)
    assert entry.facts == {
        "release": release.id,
        "candidate": release.candidate_id,
        "version": 1,
        "state": "failed",
        "reason": "so it is",
        "package_digest": release.package_digest,
        "dossier_digest": release.dossier_digest,
    }


def test_what_is_open_is_found_by_model_or_altogether(conn):
    ours = opened(conn, register(conn))
    theirs = opened(conn, register(conn, model="loans"))
    closed = opened(conn, register(conn, version=2), run="release_2")
    releases.close(conn, closed.id, state="expired", reason="Nobody answered.", at=MOMENT)
    assert releases.open_ones(conn, "credit_risk", lock=True) == (ours,)
    assert releases.open_ones(conn) == (ours, theirs)


@pytest.mark.parametrize("ended", ["rejected", "expired", "superseded", "failed"])
def test_a_release_that_ended_cannot_be_approved_afterwards(conn, ended):
    release = opened(conn, register(conn))
    releases.close(conn, release.id, state=ended, reason="so it is", at=MOMENT)
    with pytest.raises(RecordError, match=f"is {ended} and cannot become approved"):
        releases.close(conn, release.id, state="approved", reason="after all", at=MOMENT)


def test_only_deploying_makes_a_release_deployed(conn):
    release = approved_release(conn, register(conn))
    with pytest.raises(RecordError, match="is approved and cannot become deployed"):
        releases.close(conn, release.id, state="deployed", reason="by hand", at=MOMENT)
