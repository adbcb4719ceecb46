"""The name by which Airflow knows a Celery worker."""

import os


def worker_name() -> str:
    """Return this worker's name: several share a machine, and a task shall say which one ran it."""
    return os.environ["AIRLOCK_WORKER"]
