"""RollBackOperator: the version before answers again, in one step, for one person."""

import logging
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.authority import authorise
from airlock.operators.base import database
from airlock.operators.failure import ExplainedFailure
from airlock.operators.links import run_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import name_of_run, reason_of
from airlock.operators.showing import show_champion
from airlock.settings import settings
from airlock.spec import SpecError, load_model
from airlock.spec.people import Act, load_people
from airlock.store import open_store

if TYPE_CHECKING:
    from airlock.governance.deployments import Deployment
    from airlock.package.package import Package

LOG = logging.getLogger(__name__)


class RollBackOperator(BaseOperator):
    """Take a model's champion back, wait until the version before answers, and tell everybody."""

    def execute(self, context: Context) -> dict[str, Any]:
        who = authorise(context, Act.ROLL_BACK)
        reason = reason_of(context, "Say in a sentence why; it is kept in the audit log.")
        return take_back(context, context["params"]["model"], by=who, because=reason)


def take_back(context: Context, model: str, *, by: str, because: str) -> dict[str, Any]:
    """Let the version before serve, once per run, wait until it answers, and tell everybody concerned.

    Where something else serves by now, nothing is asked of it and nobody is told: that has its own mail.

    Raises
    ------
    RecordError
        When nothing serves, or there is nothing to go back to. Nothing is changed then.
    ExplainedFailure
        When what was brought back does not answer as it must.
    """
    from airlock.chain.smoke import SmokeTestFailed, smoke_test
    from airlock.governance import deployments

    taken, serves, package = _recorded(context, model, by, because)
    with database().connect() as connection:
        champion = deployments.champion(connection, model)
    if champion is None or champion.version != serves.version:
        show_champion(model)
        LOG.info("%s version %s was brought back, and does not serve any more.", model, serves.version)
        return {"taken_back": taken.version, "serves": champion and champion.version}
    problem = ""
    try:
        smoke_test(settings().scoring_url, package, version=serves.version)
    except SmokeTestFailed as failure:
        problem = str(failure)
    seconds = (timezone.utcnow() - serves.deployed_at).total_seconds()
    LOG.info("%s version %s answers after %.1f s. %s", model, serves.version, seconds, problem)
    _mail(context, by, because, taken, serves, seconds, problem)
    show_champion(model)
    if problem:
        raise ExplainedFailure(f"Version {serves.version} was brought back: {problem}")
    return {"taken_back": taken.version, "serves": serves.version, "seconds": round(seconds, 1)}


def _recorded(
    context: Context, model: str, by: str, because: str
) -> "tuple[Deployment, Deployment, Package]":
    """Write that the version before serves, unless its package is not what it was."""
    from airlock.governance.rollback import roll_back
    from airlock.package.package import open_package

    run = name_of_run(context["dag_run"])
    with database().begin() as connection:
        taken, serves = roll_back(connection, model, by=by, because=because, at=timezone.utcnow(), run=run)
        package = open_package(open_store(settings()), serves.package_digest)
    return taken, serves, package


def _mail(
    context: Context,
    by: str,
    because: str,
    taken: "Deployment",
    serves: "Deployment",
    seconds: float,
    problem: str,
) -> None:
    title, to = _concerned(serves.model)
    dag_run = context["dag_run"]
    mail_once(
        f"rollback/{dag_run.run_id}",
        to,
        "rolled_back",
        title=title,
        model=serves.model,
        version=taken.version,
        serves=serves.version,
        by=by,
        reason=because,
        at=serves.deployed_at,
        seconds=seconds,
        problem=problem,
        package_digest=serves.package_digest,
        link=run_link(dag_run.dag_id, dag_run.run_id),
    )


def _concerned(model: str) -> tuple[str, set[str]]:
    """Return a model's title and who is told; a spec that is broken just now must not stand in the way."""
    people = load_people(settings().include)
    try:
        spec = load_model(settings().include, model)
    except SpecError:
        return model, set(people.emails(people.who_may(Act.ROLL_BACK)))
    return spec.title, {spec.owner.email, *spec.alerts.to, *people.emails(spec.approval.approvers)}
