"""RollBackOperator: the version before answers again, in one step, for one person."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.authority import authorise
from airlock.operators.base import database
from airlock.operators.failure import ExplainedFailure
from airlock.operators.links import run_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import reason_of
from airlock.settings import settings
from airlock.spec import SpecError, load_model
from airlock.spec.people import Act, load_people
from airlock.store import Store

if TYPE_CHECKING:
    from airlock.governance.deployments import Deployment
    from airlock.package.package import Package


class RollBackOperator(BaseOperator):
    """Take a model's champion back, wait until the version before answers, and tell everybody."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.smoke import SmokeTestFailed, smoke_test
        from airlock.training.registry import show_champion

        who = authorise(context, Act.ROLL_BACK)
        taken, serves, package = _recorded(context, who)
        problem = ""
        try:
            smoke_test(settings().scoring_url, package, version=serves.version)
        except SmokeTestFailed as failure:
            problem = str(failure)
        seconds = (timezone.utcnow() - serves.deployed_at).total_seconds()
        self.log.info(
            "%s version %s answers after %.1f s. %s", serves.model, serves.version, seconds, problem
        )
        _mail(context, who, taken, serves, seconds, problem)
        show_champion(serves.model, serves.version)
        if problem:
            raise ExplainedFailure(f"Version {serves.version} was brought back: {problem}")
        return {"taken_back": taken.version, "serves": serves.version, "seconds": round(seconds, 1)}


def _recorded(context: Context, who: str) -> "tuple[Deployment, Deployment, Package]":
    """Write that the version before serves, unless its package is not what it was."""
    from airlock.governance.rollback import roll_back
    from airlock.package.package import open_package

    params, dag_run = context["params"], context["dag_run"]
    reason = reason_of(context, "Say in a sentence why; it is kept in the audit log.")
    run = f"{dag_run.dag_id}/{dag_run.run_id}"
    with database().begin() as connection:
        taken, serves = roll_back(
            connection, params["model"], by=who, because=reason, at=timezone.utcnow(), run=run
        )
        package = open_package(Store(settings().store), serves.package_digest)
    return taken, serves, package


def _mail(
    context: Context, who: str, taken: "Deployment", serves: "Deployment", seconds: float, problem: str
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
        by=who,
        reason=context["params"]["reason"].strip(),
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
