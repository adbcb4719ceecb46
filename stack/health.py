"""Whether each part of the stack really answers."""

import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from stack import broker
from stack.errors import StackError
from stack.postgres import Cluster
from stack.secrets import read_secrets
from stack.settings import HOST, Settings

EVERY = 0.5  # seconds between two looks
PATIENCE = 15  # seconds a part that is busy may take to answer; one that is not there refuses at once


def troubles(settings: Settings, cluster: Cluster, since: datetime) -> dict[str, str]:
    """Return what is wrong with each part that is not healthy; Airflow's heartbeats count from `since` on."""
    checks: dict[str, Callable[[], str | None]] = {
        "PostgreSQL": lambda: None if cluster.running() else "is not running",
        "Mail": lambda: _mail(settings.smtp_port),
        "MLflow": lambda: _answers(f"{settings.mlflow_url}/health"),
        "Scoring API": lambda: _answers(f"{settings.scoring_url}/healthz"),
        "Airflow": lambda: _airflow(settings, since),
    }
    if settings.workers:
        checks["Celery"] = lambda: _celery(settings, cluster)
    return {part: trouble for part, check in checks.items() if (trouble := check())}


def wait_until_healthy(
    settings: Settings,
    cluster: Cluster,
    since: datetime,
    alive: Callable[[], bool],
    ready: Callable[[str], None],
    timeout: float,
) -> None:
    """Wait until every part answers, telling `ready` of each as it does.

    Raises
    ------
    StackError
        When a process has ended or time is up; the message names what is missing.
    """
    deadline = time.monotonic() + timeout
    waiting: set[str] | None = None
    while found := troubles(settings, cluster, since):
        for part in (waiting or set()) - found.keys():
            ready(part)
        waiting = set(found)
        if not alive():
            raise StackError("A process of the stack has ended.")
        if time.monotonic() > deadline:
            listed = "; ".join(f"{part} {trouble}" for part, trouble in found.items())
            raise StackError(f"Not everything answered within {timeout:.0f} s: {listed}.")
        time.sleep(EVERY)
    for part in waiting or set():
        ready(part)


def taken_port(settings: Settings) -> str | None:
    """Return one line about the first port that somebody else holds, if there is one."""
    for key, port in settings.ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                return f"Port {port} is taken: end what listens there, or set {key} to a free port in .env."
    return None


def _answers(url: str) -> str | None:
    try:
        answer = httpx.get(url, timeout=PATIENCE, trust_env=False)
    except httpx.HTTPError:
        return f"does not answer at {url}"
    return None if answer.is_success else f"answers {answer.status_code} at {url}"


def _mail(port: int) -> str | None:
    try:
        with socket.create_connection((HOST, port), timeout=PATIENCE) as connection:
            return None if connection.recv(3) == b"220" else f"does not speak SMTP on port {port}"
    except OSError:
        return f"does not answer on port {port}"


def _airflow(settings: Settings, since: datetime) -> str | None:
    url = f"{settings.airflow_url}/api/v2/monitor/health"
    try:
        parts = httpx.get(url, timeout=PATIENCE, trust_env=False).raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return f"does not answer at {url}"
    if parts["metadatabase"]["status"] != "healthy":
        return "does not reach its database"
    for part in ("scheduler", "dag_processor"):
        beat = parts[part][f"latest_{part}_heartbeat"]
        fresh = beat is not None and _moment(beat) >= since
        if parts[part]["status"] != "healthy" or not fresh:
            return f"has no {part.replace('_', ' ')} yet"
    return None


def _celery(settings: Settings, cluster: Cluster) -> str | None:
    from celery import Celery  # a third of a second that only an installation with workers pays
    from kombu.exceptions import OperationalError

    address = broker.url(read_secrets(settings.home), cluster)
    try:
        with Celery(broker=address) as app:
            said = app.control.ping(timeout=PATIENCE, limit=settings.workers)
    except OperationalError:
        return "does not reach its Redis"
    answered = {name.partition("@")[2] for reply in said for name in reply}
    silent = [name for name in settings.worker_names if name not in answered]
    return f"has no answer from {', '.join(silent)}" if silent else None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
