"""The one place that composes the environment of every process of the stack."""

import json
import os

from stack import broker
from stack.postgres import Cluster
from stack.secrets import GUESTS, Secrets, fingerprint_of, passwords_file
from stack.settings import HOST, ROOT, Settings
from stack.users import USERS

MAIL_FROM = "airlock@localhost"

#: What a person's shell happens to hold must not change what the stack does.
FOREIGN = ("AIRFLOW_", "AIRLOCK_", "MLFLOW_", "PYTHONPATH", "PYTHONHOME")

#: No part of the stack reports to anybody.
NO_TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "False",
    "ITERATIVE_DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "SCARF_ANALYTICS": "false",
}

#: Seconds after which a Dag file of a few models is read again.
QUICKEST_READING = 15

#: Airflow's own settings for a small installation on one machine.
AIRFLOW_SETTINGS = {
    "CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
    "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "CORE__EXECUTOR": "LocalExecutor",
    "CORE__LOAD_EXAMPLES": "False",
    "CORE__PARALLELISM": "8",
    "DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "DAG_PROCESSOR__PRINT_STATS_INTERVAL": "0",
    "DAG_PROCESSOR__REFRESH_INTERVAL": "15",
    # A killed task or scheduler is noticed within about a minute, not five.
    "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    # How long a supervisor may sleep after its task has ended. With Airflow's 5 s many a task ends 5 s late,
    # and an approval answered in that time fails its task. Beats this short may be missed more often.
    "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "WORKERS__MAX_FAILED_HEARTBEATS": "15",
    # A task outlives some two minutes without an API server, not fifteen seconds.
    "WORKERS__EXECUTION_API_RETRIES": "8",
    "API__HOST": HOST,
    "API__INSTANCE_NAME": "Airlock",
    "API__WORKERS": "1",
    "LOGGING__COLORED_CONSOLE_LOG": "False",
    "LOGGING__UVICORN_LOGGING_LEVEL": "WARNING",
}

#: What differs where Celery workers run Airflow's tasks. docs/workers.md has the reasons at length.
CELERY_SETTINGS = {
    "CORE__EXECUTOR": "CeleryExecutor",
    "CELERY__WORKER_CONCURRENCY": "4",
    # A worker takes no task off the queue that it cannot start at once, so that an idle one gets it.
    "CELERY__TASK_ACKS_LATE": "True",
    "CELERY__WORKER_PREFETCH_MULTIPLIER": "1",
    # A dead worker's tasks come back by their heartbeats. The queue itself hands a task out again only after
    # a time that no task takes: until then a second copy could do nothing but ask and be refused.
    "CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "86400",
    # What died between the queue and its first heartbeat is sent again after five minutes, not ten.
    "SCHEDULER__TASK_QUEUED_TIMEOUT": "300",
    "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "60",
    # A slow machine may need more than a second to send a task; in one process, which forks no others for it.
    "CELERY__OPERATION_TIMEOUT": "10",
    "CELERY__SYNC_PARALLELISM": "1",
}


def inherited() -> dict[str, str]:
    """Return this shell's environment without what could change the stack's behaviour."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    # A proxy for the outside world must not see calls from one process here to another.
    outside_proxy = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), HOST, "localhost")))
    return {**kept, "NO_PROXY": outside_proxy, "no_proxy": outside_proxy}


def shared(settings: Settings) -> dict[str, str]:
    """Return what every process of the stack may know: no key, no password."""
    return {
        "PYTHONPATH": str(ROOT / "plugins"),
        "AIRLOCK_HOME": str(settings.home),
        "AIRLOCK_INCLUDE": str(settings.include),
        "AIRLOCK_DRILL": "1",
        "AIRLOCK_STORE": str(settings.store),
        "AIRLOCK_STORE_CACHE": str(settings.store_cache),
        "AIRLOCK_ANCHORS": str(settings.anchors),
        "AIRLOCK_DASK": settings.dask,
        "AIRLOCK_AIRFLOW_URL": settings.airflow_url,
        "AIRLOCK_SCORING_URL": settings.scoring_url,
        "MLFLOW_TRACKING_URI": settings.mlflow_url,
        **{key: str(port) for key, port in settings.ports.items()},
        **NO_TELEMETRY,
    }


def records(role: str, secrets: Secrets, cluster: Cluster) -> dict[str, str]:
    """Return by which role a process reaches the airlock database: its own, and no other."""
    return {"AIRLOCK_DATABASE_URL": cluster.url(role, secrets.database[role])}


def airflow(settings: Settings, secrets: Secrets, cluster: Cluster) -> dict[str, str]:
    """Return what Airflow's own processes know besides; its pages and its shell only read the records."""
    configuration = {
        "API__SECRET_KEY": secrets.api_secret,
        "API_AUTH__JWT_SECRET": secrets.jwt_secret,
        "CORE__FERNET_KEY": secrets.fernet_key,
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(settings.home)),
        "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user.name}:{user.airflow_role}" for user in USERS),
        "DATABASE__SQL_ALCHEMY_CONN": cluster.url("airflow", secrets.database["airflow"]),
    }
    return {
        **airflow_places(settings),
        **_airflow_variables(configuration),
        **records("airlock_reader", secrets, cluster),
    }


def airflow_places(settings: Settings) -> dict[str, str]:
    """Return how Airflow is set and where its parts are, which is no secret."""
    configuration = {
        **AIRFLOW_SETTINGS,
        **(_celery(settings) if settings.workers else {}),
        "API__BASE_URL": settings.airflow_url,
        "API__PORT": str(settings.airflow_port),
        "CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": str(_seconds_between_readings(settings)),
        "CORE__EXECUTION_API_SERVER_URL": f"{settings.airflow_url}/execution/",
        "CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "LOGGING__BASE_LOG_FOLDER": str(settings.logs / "tasks"),
        "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(settings.logs / "dag_processor"),
    }
    return {"AIRFLOW_HOME": str(settings.home / "airflow"), **_airflow_variables(configuration)}


def _seconds_between_readings(settings: Settings) -> int:
    """Return after how long a Dag file is read again: a new or changed spec shows within about twice that.

    It grows with the models, so that reading them takes no larger share of a processor the more there are.
    """
    return max(QUICKEST_READING, len(tuple(settings.include.glob("models/*/model.yaml"))))


def queue(settings: Settings, secrets: Secrets, cluster: Cluster) -> dict[str, str]:
    """Return by which address Airflow's scheduler and its workers meet, where there are workers.

    Celery's own results stand there too, and not in Airflow's database, so that a worker, which runs people's
    code, needs no password of that.
    """
    if not settings.workers:
        return {}
    address = broker.url(secrets, cluster)
    return _airflow_variables({"CELERY__BROKER_URL": address, "CELERY__RESULT_BACKEND": address})


def worker(name: str) -> dict[str, str]:
    """Return by which name Airflow knows a Celery worker."""
    return {
        "AIRLOCK_WORKER": name,
        **_airflow_variables({"CORE__HOSTNAME_CALLABLE": "stack.hostname.worker_name"}),
    }


def connections(settings: Settings, secrets: Secrets, cluster: Cluster) -> dict[str, str]:
    """Return what Airflow's tasks and their callbacks reach, which the API server does not."""
    return {
        "AIRFLOW_CONN_AIRLOCK": _postgres_connection("airlock_tasks", secrets, cluster),
        "AIRFLOW_CONN_WAREHOUSE": _postgres_connection("warehouse", secrets, cluster),
        "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(
            {
                "conn_type": "smtp",
                "host": HOST,
                "port": settings.smtp_port,
                "extra": {"disable_ssl": True, "disable_tls": True, "from_email": MAIL_FROM, "timeout": 10},
            }
        ),
    }


def asking(secrets: Secrets) -> dict[str, str]:
    """Return by which key Airflow's tasks ask the scoring API."""
    return {"AIRLOCK_SCORING_KEY": secrets.scoring_key}


def answering(settings: Settings, secrets: Secrets) -> dict[str, str]:
    """Return what the scoring API knows of that key, and where it keeps what PostgreSQL does not have yet."""
    return {
        "AIRLOCK_SCORING_KEY_FINGERPRINT": fingerprint_of(secrets.scoring_key),
        "AIRLOCK_SPOOL": str(settings.home / "spool"),
    }


def mlflow_server(settings: Settings, secrets: Secrets, cluster: Cluster) -> dict[str, str]:
    """Return what the MLflow server alone knows."""
    return {
        "MLFLOW_ARTIFACTS_DESTINATION": str(settings.home / "mlflow-artifacts"),
        "MLFLOW_BACKEND_STORE_URI": cluster.url("mlflow", secrets.database["mlflow"]),
        # This machine's names only: a page from elsewhere cannot reach the server through a browser here.
        "MLFLOW_SERVER_ALLOWED_HOSTS": f"{HOST}:{settings.mlflow_port},localhost:{settings.mlflow_port}",
        # Background jobs serve MLflow's language-model features; they would be three idle processes here.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def _celery(settings: Settings) -> dict[str, str]:
    at_once = settings.workers * int(CELERY_SETTINGS["CELERY__WORKER_CONCURRENCY"])
    return {**CELERY_SETTINGS, "CORE__PARALLELISM": str(at_once)}


def _airflow_variables(configuration: dict[str, str]) -> dict[str, str]:
    return {f"AIRFLOW__{key}": value for key, value in configuration.items()}


def _postgres_connection(role: str, secrets: Secrets, cluster: Cluster) -> str:
    return json.dumps(
        {
            "conn_type": "postgres",
            "host": str(cluster.socket_folder),
            "login": role,
            "password": secrets.database[role],
            "schema": GUESTS.get(role, role),
        }
    )
