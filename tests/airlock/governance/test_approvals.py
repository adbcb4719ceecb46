import pytest

from airlock.governance import approvals, audit_log, releases
from airlock.governance.records import RecordError
from airlock.governance.tables import audit_log as log_table
from tests.airlock.governance.records import MOMENT, register


def opened(conn, candidate, run="release_1"):
    return releases.open_release(conn, candidate=candidate, dag_run_id=run, people=2, opened_at=MOMENT)


def answer(conn, release, slot=1, **changes):
    facts = {
        "responder": "ria",
        "choice": "Approve",
        "reason": "sound",
        "dossier_digest": release.dossier_digest,
        "responded_at": MOMENT,
    }
    return approvals.record(conn, release_id=release.id, slot=slot, **{**facts, **changes})


def test_answers_are_kept_in_the_order_of_their_slots(conn):
    release = opened(conn, register(conn))
    second = answer(conn, release, slot=2, responder="omar")
    first = answer(conn, release)
    assert approvals.of_release(conn, release.id) == (first, second)


def test_an_answer_recorded_twice_is_one(conn):
    release = opened(conn, register(conn))
    assert answer(conn, release) == answer(conn, release)
    assert len(approvals.of_release(conn, release.id)) == 1


def test_the_audit_log_says_once_who_answered_what(conn):
    release = opened(conn, register(conn))
    for _ in range(2):
        answer(conn, release)
    (entry,) = audit_log.entries(conn, log_table.c.act == "answer_recorded")
    assert (entry.actor, entry.at, entry.model, entry.run) == ("ria", MOMENT, "credit_risk", release.run)
    assert entry.facts == {
        "release": release.id,
        "slot": 1,
        "choice": "Approve",
        "reason": "sound",
        "dossier_digest": release.dossier_digest,
    }


def test_an_answer_that_does_not_count_is_logged_once_and_no_approval(conn):
    release = opened(conn, register(conn))
    given = approvals.Approval(release.id, 1, "", "Approve", "sound", release.dossier_digest, MOMENT)
    for _ in range(2):
        approvals.refuse(conn, release, given, "Nobody gave it.")
    (entry,) = approvals.refused(conn, release)
    assert (entry.act, entry.actor, entry.at) == ("answer_refused", "unknown", MOMENT)
    assert (entry.facts["slot"], entry.facts["reason"]) == (1, "Nobody gave it.")
    assert approvals.of_release(conn, release.id) == ()
    other = opened(conn, register(conn, version=2), run="release_2")
    assert approvals.refused(conn, other) == ()


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
