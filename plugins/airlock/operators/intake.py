"""IntakeOperator: find the versions that somebody registered in MLflow by hand."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context, timezone

from airlock.operators.authority import authorise_person
from airlock.operators.base import database
from airlock.operators.links import mlflow_run_link, run_link
from airlock.operators.mailing import mail_once
from airlock.operators.run import name_of_run
from airlock.operators.specs import usable_specs
from airlock.spec import ModelSpec
from airlock.spec.people import Act
from airlock.spec.training import EXTERNAL

if TYPE_CHECKING:
    from airlock.training.external_versions import Registered


class IntakeOperator(BaseOperator):
    """
    Note each new version once, mail its model's owner, and return the trainings to start.

    Returns for each version the keyword arguments of a TriggerDagRunOperator; the run's id is the version's,
    so that none is started twice.
    """

    def execute(self, context: Context) -> list[dict[str, Any]]:
        from airlock.chain.external import note_found

        dag_run, user = context["dag_run"], authorise_person(context, Act.TRAIN)
        started = []
        for spec in usable_specs():
            with database().begin() as connection:
                found = note_found(
                    connection,
                    spec.name,
                    actor=user or dag_run.dag_id,
                    run=name_of_run(dag_run),
                    at=timezone.utcnow(),
                )
            for one in found:
                training = _training(one)
                _tell(spec, one, training)
                started.append(training)
        return started


def _training(found: "Registered") -> dict[str, Any]:
    """Say which training to start; who started it and why its tasks read from the audit log."""
    from airlock.governance.intake import run_id_of

    return {
        "trigger_dag_id": f"{found.model}.train",
        "trigger_run_id": run_id_of(found.version),
        "conf": {"mode": EXTERNAL, "version": found.version},
    }


def _tell(spec: ModelSpec, found: "Registered", training: Mapping[str, Any]) -> None:
    mail_once(
        f"intake/{found.model}/{found.version}",
        {spec.owner.email},
        "version_found",
        title=spec.title,
        model=spec.name,
        version=found.version,
        registered_by=found.registered_by,
        link=run_link(training["trigger_dag_id"], training["trigger_run_id"]),
        mlflow=mlflow_run_link(found.mlflow_run_id) if found.mlflow_run_id else found.source,
    )
