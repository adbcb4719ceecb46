"""Each way a release must not be let through has a test of its own."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.governance.approvals import Approval
from airlock.governance.candidates import Candidate
from airlock.governance.decision import decide, expired, part_of, too_old
from airlock.governance.releases import Release
from tests.airlock.governance.records import MOMENT

RELEASE = Release(
    id=5,
    model="credit_risk",
    dag_run_id="release_1",
    candidate_id=3,
    package_digest="package",
    dossier_digest="dossier",
    people=2,
    way="full",
    state="open",
    reason="",
    opened_at=MOMENT,
    decided_at=None,
)
RIA = Approval(5, 1, "ria", "Approve", "sound", "dossier", MOMENT)
OMAR = Approval(5, 2, "omar", "Approve", "agreed", "dossier", MOMENT)
APPROVERS = {"ria", "omar"}


def candidate(number: int) -> Candidate:
    return Candidate(
        id=number,
        model="credit_risk",
        dag_run_id=f"train_{number}",
        state="registered",
        reason="",
        version=number + 10,
        mlflow_run_id="m",
        package_digest="p",
        snapshot_digest="s",
        spec_digest="d",
        dossier_digest="d",
        evidence_digest="e",
        evidence={},
        trained_by="dana",
        cause="",
        as_of=MOMENT,
        recorded_at=MOMENT,
    )


def outcome(*answers, release=RELEASE, approvers=APPROVERS, trained_by="dana", newer=None, endings=None):
    makers = {trained_by: "started the training"}
    decision = decide(release, answers, approvers=approvers, makers=makers, newer=newer, endings=endings)
    return decision.state, decision.reason


def test_two_distinct_approvers_approve():
    assert outcome(RIA, OMAR) == ("approved", "Approved by ria and omar.")


def test_too_few_answers_whose_tasks_nothing_is_known_of_fail():
    again = "Trigger credit_risk.release again with this version."
    assert outcome() == ("failed", f"Nobody answered. {again}")
    assert outcome(RIA) == ("failed", f"Only ria answered; 2 people must approve. {again}")


def test_time_that_is_over_says_how_long_it_was():
    assert expired(2, [RIA], "3 days").reason == "Only ria answered within 3 days; 2 people must approve."
    assert expired(1, [], "1 hour").state == "expired"


@pytest.mark.parametrize("endings", [{1: "success", 2: "success"}, {1: "success", 2: "failed"}])
def test_a_task_marked_as_success_approves_nothing(endings):
    assert outcome(endings=endings) == (
        "rejected",
        "approve_1 was marked as success by hand, which approves nothing.",
    )


def test_only_the_task_without_an_answer_was_marked():
    assert outcome(RIA, endings={1: "success", 2: "success"}) == (
        "rejected",
        "approve_2 was marked as success by hand, which approves nothing.",
    )


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("failed", "failed"),
        ("skipped", "was skipped by hand"),
        ("upstream_failed", "was never started"),
        ("removed", "is no longer part of the Dag"),
    ],
)
def test_a_task_that_ended_without_an_answer_fails_the_release_and_says_what_to_do(ending, words):
    assert outcome(RIA, endings={1: "success", 2: ending}) == (
        "failed",
        f"approve_2 {words}. Only ria answered; 2 people must approve. "
        "Trigger credit_risk.release again with this version.",
    )


def test_the_first_task_without_an_answer_says_why():
    state, reason = outcome(endings={1: "failed", 2: "upstream_failed"})
    assert (state, reason.split(".")[0]) == ("failed", "approve_1 failed")


def test_two_approvals_count_however_their_tasks_ended():
    assert outcome(RIA, OMAR, endings={1: "failed", 2: "skipped"})[0] == "approved"


def test_whoever_approved_may_still_reject():
    changed = replace(RIA, slot=2, choice="Reject", reason="I misread the figures")
    assert outcome(RIA, changed) == ("rejected", "Rejected by ria: I misread the figures.")


@pytest.mark.parametrize("reason", ["", " \n"])
def test_an_approval_without_a_reason_is_rejected(reason):
    assert outcome(RIA, replace(OMAR, reason=reason)) == ("rejected", "omar gave no reason.")


def test_an_answer_by_nobody_is_rejected():
    assert outcome(replace(RIA, responder=" "), OMAR, approvers={*APPROVERS, " "})[0] == "rejected"


AGE = timedelta(days=30)


def test_a_candidate_is_too_old_one_moment_after_its_age():
    assert too_old(candidate(3), AGE, MOMENT + AGE) is None
    assert too_old(candidate(3), AGE, MOMENT + AGE + timedelta(microseconds=1)) == (
        "Version 13 of credit_risk was registered on 2026-03-01, and its tier lets nothing out that is older "
        "than 30d. Run credit_risk.train again."
    )


def test_the_same_person_twice_is_rejected():
    twice = replace(OMAR, responder="ria")
    assert outcome(RIA, twice) == (
        "rejected",
        "ria answered twice; the approvals must come from different people.",
    )


@pytest.mark.parametrize("spelling", ["Ria", "ria ", "RIA"])
def test_the_same_person_under_another_spelling_is_rejected(spelling):
    state, _ = outcome(RIA, replace(OMAR, responder=spelling), approvers={"ria", spelling})
    assert state == "rejected"


def test_the_person_who_started_the_training_cannot_approve_it():
    assert outcome(RIA, OMAR, trained_by="omar") == (
        "rejected",
        "omar started the training and cannot approve it.",
    )


def test_who_registered_it_in_mlflow_under_a_name_is_taken_to_be_that_person() -> None:
    state, reason = outcome(RIA, OMAR, trained_by="mlflow:Omar")
    assert (state, reason) == ("rejected", "omar started the training and cannot approve it.")
    assert outcome(RIA, OMAR, trained_by="mlflow:bob")[0] == "approved"


@pytest.mark.parametrize("name", ["omar", " Omar", "mlflow:omar"])
@pytest.mark.parametrize("trained_by", ["dana", "mlflow:bob"])
def test_who_registered_a_model_from_elsewhere_cannot_approve_it_whoever_took_it_in(name, trained_by):
    external = {"external": {"version": 7, "registered_by": name}}
    taken_in = replace(candidate(3), evidence=external, trained_by=trained_by)
    decision = decide(RELEASE, [RIA, OMAR], approvers=APPROVERS, makers=taken_in.makers, newer=None)
    assert (decision.state, decision.reason) == (
        "rejected",
        "omar registered the model and cannot approve it.",
    )


def test_who_registered_it_and_took_it_in_is_said_to_have_started_the_training():
    external = {"external": {"version": 7, "registered_by": "omar"}}
    makers = replace(candidate(3), evidence=external, trained_by="mlflow:omar").makers
    assert part_of("omar", makers) == "started the training"


def test_what_nobody_is_known_to_have_made_is_rejected():
    assert decide(RELEASE, [RIA, OMAR], approvers=APPROVERS, makers={}, newer=None).state == "rejected"


def test_somebody_who_is_no_approver_is_rejected():
    assert outcome(RIA, replace(OMAR, responder="ada")) == (
        "rejected",
        "ada is not among the approvers of this model.",
    )


def test_one_reject_among_approves_is_rejected():
    reject = replace(OMAR, choice="Reject", reason="the hold-out is\n too small.")
    assert outcome(RIA, reject) == ("rejected", "Rejected by omar: the hold-out is too small.")


def test_a_reject_without_a_reason_still_reads_well():
    reject = replace(RIA, choice="Reject", reason=" ")
    assert outcome(reject) == ("rejected", "Rejected by ria: no reason was given.")


def test_an_answer_that_is_neither_approve_nor_reject_is_rejected():
    assert outcome(RIA, replace(OMAR, choice="Maybe"))[0] == "rejected"


def test_an_answer_on_another_dossier_is_rejected():
    assert outcome(RIA, replace(OMAR, dossier_digest="older")) == (
        "rejected",
        "omar was shown another dossier than this release's.",
    )


def test_an_answer_about_another_release_is_rejected():
    assert outcome(RIA, replace(OMAR, release_id=4)) == (
        "rejected",
        "The answer by omar is about release 4, not about this one.",
    )


def test_a_newer_candidate_supersedes():
    assert outcome(RIA, OMAR, newer=candidate(4)) == (
        "superseded",
        "Superseded: version 14 was registered in the meantime.",
    )


def test_a_newer_candidate_supersedes_a_release_that_asks_for_nobody():
    assert outcome(release=replace(RELEASE, people=0), newer=candidate(4))[0] == "superseded"


def test_the_release_s_own_candidate_is_not_newer():
    assert outcome(RIA, OMAR, newer=candidate(3))[0] == "approved"


def test_an_unknown_trainer_is_rejected():
    assert outcome(RIA, OMAR, trained_by=" ")[0] == "rejected"


def test_an_automatic_training_has_a_cause_and_no_person_to_exclude():
    assert outcome(RIA, OMAR, trained_by="drift of income")[0] == "approved"


def test_nobody_is_needed_only_where_the_release_says_so():
    assert outcome(release=replace(RELEASE, people=0)) == (
        "approved",
        "Every gate was passed, and this risk tier asks for no person.",
    )


def test_fewer_than_nobody_is_rejected():
    assert outcome(release=replace(RELEASE, people=-1))[0] == "rejected"


def test_a_reject_stops_a_release_that_asks_for_nobody():
    assert outcome(replace(RIA, choice="Reject"), release=replace(RELEASE, people=0))[0] == "rejected"


NAMES = st.sampled_from(["ria", "omar", "Ria", "dana", "ada", "schedule", ""])
ANSWERS = st.lists(
    st.builds(
        Approval,
        release_id=st.sampled_from([5, 5, 5, 4]),
        slot=st.integers(1, 3),
        responder=NAMES,
        choice=st.sampled_from(["Approve", "Approve", "Approve", "Reject", "approve"]),
        reason=st.text(),
        dossier_digest=st.sampled_from(["dossier", "dossier", "dossier", "other"]),
        responded_at=st.just(MOMENT),
    ),
    max_size=4,
)


@given(
    answers=ANSWERS,
    people=st.integers(-1, 3),
    approvers=st.sets(NAMES),
    trained_by=NAMES,
    newer=st.none() | st.integers(1, 5).map(candidate),
    endings=st.dictionaries(st.integers(1, 3), st.sampled_from(["success", "failed", "skipped", None])),
)
def test_approved_means_that_every_condition_holds(answers, people, approvers, trained_by, newer, endings):
    release = replace(RELEASE, people=people)
    decision = decide(
        release, answers, approvers=approvers, makers={trained_by: "did it"}, newer=newer, endings=endings
    )
    assert "\n" not in decision.reason
    if decision.state != "approved":
        return
    responders = [answer.responder for answer in answers]
    assert len({name.casefold() for name in responders}) == len(responders) >= people >= 0
    assert set(responders) <= approvers
    assert trained_by not in responders
    assert all(answer.choice == "Approve" and answer.reason.strip() for answer in answers)
    assert all(answer.dossier_digest == release.dossier_digest for answer in answers)
    assert all(answer.release_id == release.id for answer in answers)
    assert newer is None or newer.id <= release.candidate_id
