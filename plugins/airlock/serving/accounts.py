"""Accounts: everything that can be said of one past decision, as far as it can be proved."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from airlock.governance import candidates, contests, feedback
from airlock.governance.contests import Contest
from airlock.governance.feedback import Feedback
from airlock.governance.passage import DeploymentRefused
from airlock.governance.past_decisions import Passage, passage
from airlock.governance.predictions import PredictionRow
from airlock.package.examples import largest_difference
from airlock.package.explaining import PROBABILITY, Explainer, Explanation
from airlock.package.package import open_package
from airlock.serving.loading import load
from airlock.spec.metrics import Task
from airlock.store import Store, StoreAway

LOG = logging.getLogger("uvicorn.error.airlock")

#: So many versions stay loaded.
KEPT = 4


class Unexplained(Exception):
    """An answer cannot be explained by the version that gave it, for a reason that people may read."""


class Unusable(Unexplained):
    """The version itself cannot be used."""


@dataclass(frozen=True)
class Account:
    """A past decision with why it was made, by what right, and what people said of it since.

    Attributes
    ----------
    passage, explanation
        None where they cannot be proved; `unexplained` says why.
    """

    decision: PredictionRow
    passage: Passage | None
    explanation: Explanation | None
    unexplained: str
    contest: Contest | None
    feedback: tuple[Feedback, ...]


class Explainers:
    """The versions that were asked to explain last, each loaded from its proved package; for one thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, Explainer] = {}

    def of(self, conn: Connection, model: str, package_digest: str, candidate_id: int) -> Explainer:
        """Return what explains the answers of a version.

        Raises
        ------
        Unusable
            When its package is missing or was changed, or does not answer as it must.
        StoreAway
            When the evidence store does not answer, so that nothing is known of the package.
        """
        try:
            found = self._kept.pop(package_digest, None) or explainer_of(
                conn, self._store, model, package_digest, candidate_id
            )
        except (SQLAlchemyError, StoreAway):
            raise
        except Exception as error:  # whatever is wrong with the package, it must not explain
            LOG.error("%s cannot be explained: %s", model, error)
            raise Unusable(f"The version of {model} cannot be used: {error}") from None
        self._kept[package_digest] = found  # the newest is the last
        for oldest in list(self._kept)[:-KEPT]:
            del self._kept[oldest]
        return found


def explainer_of(
    conn: Connection, store: Store, model: str, package_digest: str, candidate_id: int
) -> Explainer:
    """Return what explains the answers of a version, once all about its package is proved.

    Raises
    ------
    StoreError, PackageError, WrongPackage
        When the package is missing or was changed, is another model's, or answers its examples otherwise.
    RecordError
        When the candidate's evidence was changed.
    """
    answering, unit = load(store, model, package_digest), PROBABILITY
    if answering.signature.task is Task.REGRESSION:
        candidate = candidates.find(conn, candidate_id)
        told = candidate.evidence.get("explanation") if candidate else None
        unit = told["unit"] if told else "the target's unit"
    return Explainer.of(answering, open_package(store, package_digest).background(), unit)


def account_of(conn: Connection, explainers: Explainers, decision: PredictionRow) -> Account:
    """Return everything that can be said of a past decision; what cannot be proved is left out, with why.

    Raises
    ------
    StoreAway
        When the evidence store does not answer: that proves nothing, and says nothing.
    """
    passed, explanation, unexplained = None, None, ""
    try:
        passed = passage(conn, decision)
        explainer = explainers.of(conn, decision.model, passed.package_digest, passed.candidate_id)
        explanation = explain_decision(explainer, decision)
    except (DeploymentRefused, Unexplained) as error:
        unexplained = str(error)
    return Account(
        decision=decision,
        passage=passed,
        explanation=explanation,
        unexplained=unexplained,
        contest=contests.of_decision(conn, decision.id),
        feedback=feedback.of_decision(conn, decision.id),
    )


def explain(explainer: Explainer, name: str, features: Mapping[str, Any]) -> Explanation:
    """Explain what a version answers to a row.

    Raises
    ------
    Unexplained
        When its signature refuses the row, or it cannot answer mixtures of the row with others.
    """
    if (problem := next(explainer.answering.signature.problems(features), None)) is not None:
        raise Unexplained(f"It is not what {name} takes: {problem}")
    try:
        return explainer.explain(features)
    except Exception as error:  # whatever the model does; a message could hold personal data
        LOG.warning("%s could not explain a row: %s", name, type(error).__name__)
        raise Unexplained(
            f"{name} cannot be asked about mixtures of these values with others, so they are not explained. "
            "Send values closer to those in training; GET /v1/models/{model} lists their range."
        ) from None


def explain_decision(explainer: Explainer, decision: PredictionRow) -> Explanation:
    """Explain an answer that the version still gives: another one's reasons are not this one's.

    Raises
    ------
    Unexplained
        When it does not give this answer, or cannot be asked about mixtures of the row with others.
    """
    name = f"{decision.model} version {decision.version}"
    found = explain(explainer, name, decision.features)
    logged = float("nan") if decision.score is None else decision.score
    regression = explainer.answering.signature.task is Task.REGRESSION
    same = regression or found.prediction == decision.prediction
    if not (same and abs(found.score - logged) <= largest_difference([found.score])):
        raise Unexplained(
            f"{name} answers {found.prediction} ({found.score:.6g}) to what is logged, and not "
            f"{decision.prediction} ({logged:.6g}): the log was changed past Airlock, or other libraries are "
            "installed than it was proved with."
        )
    return found
