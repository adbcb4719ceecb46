"""A contested decision as a person must see it: what was known, what was answered, by what, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from airlock.governance import candidates, past_decisions
from airlock.governance.contests import Contest
from airlock.governance.past_decisions import Passage
from airlock.governance.predictions import PredictionRow
from airlock.governance.records import RecordError
from airlock.package.explaining import Explanation
from airlock.package.package import open_package
from airlock.package.signature import Signature
from airlock.serving.accounts import Unexplained, explain_decision, explainer_of
from airlock.store import Store


@dataclass(frozen=True)
class Contested:
    """A contest, the decision that it is about, and the version that decided, proved by the audit log."""

    contest: Contest
    decision: PredictionRow
    passage: Passage
    makers: Mapping[str, str]
    signature: Signature


def contested(conn: Connection, store: Store, contest: Contest) -> Contested:
    """Return what a contest is about.

    Raises
    ------
    RecordError
        When the decision or its version is not on record, or the audit log does not tell of it.
    StoreError, PackageError
        When the version's package is missing or was changed.
    """
    decision = past_decisions.find(conn, store, contest.decision_id)
    if decision is None or (decision.model, decision.version) != (contest.model, contest.version):
        raise RecordError(
            f"Contest {contest.id} is about the decision {contest.decision_id} of {contest.model} version "
            f"{contest.version}, which is not on record. Look for who changed the prediction log."
        )
    passage = past_decisions.passage(conn, decision)
    candidate = candidates.find(conn, passage.candidate_id)
    if candidate is None:
        raise RecordError(f"The candidate of {contest.model} version {contest.version} is not on record.")
    signature = open_package(store, passage.package_digest).signature
    return Contested(contest, decision, passage, candidate.makers, signature)


def explained(conn: Connection, store: Store, about: Contested) -> Explanation | str:
    """Explain a contested answer by the very version that gave it, or say why that cannot be done.

    Raises
    ------
    StoreError, PackageError, WrongPackage
        When its package is missing, was changed, or does not answer as it must.
    """
    passage = about.passage
    explainer = explainer_of(conn, store, about.decision.model, passage.package_digest, passage.candidate_id)
    try:
        return explain_decision(explainer, about.decision)
    except Unexplained as error:
        return str(error)
