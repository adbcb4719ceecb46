"""Where to look: addresses of pages in Airflow's web UI, for mails."""

from urllib.parse import quote
from uuid import UUID

from airlock.settings import settings


def dag_link(dag_id: str) -> str:
    """Return the address of a Dag, where it can be triggered."""
    return f"{settings().airflow_url}/dags/{quote(dag_id)}"


def incidents_link() -> str:
    """Return the address of the page of incidents."""
    return f"{settings().airflow_url}/airlock/incidents"


def incident_link(number: int) -> str:
    """Return the address of an incident and its timeline."""
    return f"{incidents_link()}/{number}"


def run_link(dag_id: str, run_id: str) -> str:
    """Return the address of a Dag run."""
    return f"{settings().airflow_url}/dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}"


def task_link(dag_id: str, run_id: str, task_id: str) -> str:
    """Return the address of a task of a run."""
    return f"{run_link(dag_id, run_id)}/tasks/{quote(task_id)}"


def approval_link(dag_id: str, run_id: str, task_id: str) -> str:
    """Return the address where an approver answers."""
    return f"{task_link(dag_id, run_id, task_id)}/required_actions"


def model_link(model: str) -> str:
    """Return the address of a model's page."""
    return f"{settings().airflow_url}/airlock/models/{quote(model)}"


def quarantine_link(model: str) -> str:
    """Return the address of the page of a model's rows at fault."""
    return f"{model_link(model)}/quarantine"


def audit_link() -> str:
    """Return the address of the page of the audit log."""
    return f"{settings().airflow_url}/airlock/audit"


def page_link(path: str) -> str:
    """Return the address of a stored page, by its path below the store's pages."""
    return f"{settings().airflow_url}/airlock/pages/{quote(path)}"


def dossier_link(digest: str) -> str:
    """Return the address of a dossier's page."""
    return f"{settings().airflow_url}/airlock/dossiers/{quote(digest)}/dossier.html"


def decision_link(decision: UUID) -> str:
    """Return the address of the page of a past decision."""
    return f"{settings().airflow_url}/airlock/decisions?decision={decision}"


def mlflow_run_link(run_id: str) -> str:
    """Return the address of a run in MLflow's UI."""
    return f"{settings().mlflow_url}/#/runs/{quote(run_id)}"
