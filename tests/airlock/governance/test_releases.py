import pytest

from airlock.governance import releases
from airlock.governance.records import RecordError
from tests.airlock.governance.records import MOMENT, approved_release, register


def opened(conn, candidate, run="release_1", people=2):
    return releases.open_release(conn, candidate=candidate, dag_run_id=run, people=people, opened_at=MOMENT)


def answer(conn, release, slot=1, **changes):
    facts = {
        "responder": "ria",
        "choice": "Approve",
        "reason": "sound",
        "dossier_digest": release.dossier_digest,
        "responded_at": MOMENT,
    }
    return releases.record_approval(conn, release_id=release.id, slot=slot, **{**facts, **changes})


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


def test_answers_are_kept_in_the_order_of_their_slots(conn):
    release = opened(conn, register(conn))
    second = answer(conn, release, slot=2, responder="omar")
    first = answer(conn, release)
    assert releases.approvals(conn, release.id) == (first, second)


def test_an_answer_recorded_twice_is_one(conn):
    release = opened(conn, register(conn))
    assert answer(conn, release) == answer(conn, release)
    assert len(releases.approvals(conn, release.id)) == 1


def test_an_answer_is_never_changed(conn):
    release = opened(conn, register(conn))
    answer(conn, release, choice="Reject")
    with pytest.raises(RecordError, match="is ria's, and is never changed"):
        answer(conn, release, choice="Approve")


def test_a_closed_release_takes_no_answers(conn):
    release = opened(conn, register(conn))
    releases.close(conn, release.id, state="expired", reason="Nobody answered in time.", at=MOMENT)
    with pytest.raises(RecordError, match="is expired: it takes no more answers"):
        answer(conn, release)


def test_closing_twice_is_once(conn):
    release = opened(conn, register(conn))
    first = releases.close(conn, release.id, state="rejected", reason="Rejected by ria: no.", at=MOMENT)
    assert releases.close(conn, release.id, state="rejected", reason="again", at=MOMENT) == first
    assert (first.reason, first.decided_at) == ("Rejected by ria: no.", MOMENT)


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
