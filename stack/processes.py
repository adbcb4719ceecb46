"""Which processes make the stack, and the commands that prepare its databases."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from stack import broker, environment
from stack.postgres import Cluster
from stack.secrets import Secrets
from stack.settings import HOST, ROOT, Settings

#: Airflow's command line, whose tasks begin at once.
PRELOADED = "airlock.operators.preloaded"


@dataclass(frozen=True)
class Process:
    """One command of the stack with the environment it gets."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]

    def shell_line(self, settings: Settings) -> str:
        """Return the Procfile line: note the process id, then become the command, with a log of its own."""
        pid_file, log_file = settings.run / f"{self.name}.pid", log_of(settings, self.name)
        return (
            f"echo $$ > {shlex.quote(str(pid_file))}; "
            f"exec {shlex.join(self.command)} >> {shlex.quote(str(log_file))} 2>&1"
        )


def log_of(settings: Settings, name: str) -> Path:
    """Return the log file of a process."""
    return settings.logs / f"{name}.log"


def services(settings: Settings, secrets: Secrets, cluster: Cluster) -> tuple[Process, ...]:
    """Return every process that runs while the stack is up, PostgreSQL aside."""
    shared = {**environment.inherited(), **environment.shared(settings)}
    scoring = {
        **shared,
        **environment.records("airlock_scoring", secrets, cluster),
        **environment.answering(settings, secrets),
    }
    airflow = {**shared, **environment.airflow(settings, secrets, cluster)}
    tasks = {**airflow, **environment.connections(settings, secrets, cluster), **environment.asking(secrets)}
    mlflow = {**shared, **environment.mlflow_server(settings, secrets, cluster)}
    # Tasks are forks of the scheduler, unless there are workers. The API server reads their logs from the
    # same disk: no second server, no second port.
    program = "airflow" if settings.workers else PRELOADED
    scheduler = _python(program, "scheduler", "--skip-serve-logs")
    queue = environment.queue(settings, secrets, cluster)
    api_answers = f"{settings.airflow_url}/api/v2/version"
    return (
        Process("mail", _python("stack.mailbox"), shared),
        Process(
            "mlflow",
            _python("mlflow", "server", "--host", HOST, "--port", settings.mlflow_port, "--workers", 1),
            mlflow,
        ),
        Process(
            "scoring",
            _python(
                "airlock.serving",
                *("--host", HOST, "--port", settings.scoring_port, "--workers", settings.scoring_workers),
            ),
            scoring,
        ),
        Process("airflow-api", _python("airflow", "api-server"), airflow),
        Process("airflow-scheduler", _python("stack.after", api_answers, *scheduler), {**tasks, **queue}),
        # It mails for tasks that were killed.
        Process("airflow-dag-processor", _python("airflow", "dag-processor"), tasks),
        # Nothing of Airlock's defers, but people's own tasks may, and Airflow's home page misses it in red.
        Process("airflow-triggerer", _python("airflow", "triggerer", "--skip-serve-logs"), tasks),
        *_workers(settings, secrets, cluster),
    )


def _workers(settings: Settings, secrets: Secrets, cluster: Cluster) -> tuple[Process, ...]:
    if not settings.workers:
        return ()
    # Workers have nothing to say to one another: they share no more than the queue.
    command = _python(
        PRELOADED, "celery", "worker", "--skip-serve-logs", "--without-mingle", "--without-gossip"
    )
    # They run people's code, and are given neither Airflow's database nor what it signs and encrypts with.
    known = {
        **environment.inherited(),
        **environment.shared(settings),
        **environment.airflow_places(settings),
        **environment.connections(settings, secrets, cluster),
        **environment.asking(secrets),
        **environment.queue(settings, secrets, cluster),
    }
    return (
        Process(
            "redis",
            (broker.PROGRAM, str(broker.configuration_of(settings))),
            environment.inherited(),
        ),
        *(
            Process(
                f"airflow-worker-{name}",
                _python("stack.again", *command, "--celery-hostname", name),
                {**known, **environment.worker(name)},
            )
            for name in settings.worker_names
        ),
    )


def airflow_migration(settings: Settings, secrets: Secrets, cluster: Cluster) -> Process:
    """Return the command that makes or upgrades Airflow's own tables."""
    values = {**environment.shared(settings), **environment.airflow(settings, secrets, cluster)}
    return Process(
        "airflow-migrate", _python("airflow", "db", "migrate"), {**environment.inherited(), **values}
    )


def airlock_migration(settings: Settings, secrets: Secrets, cluster: Cluster) -> Process:
    """Return the command that makes or upgrades Airlock's tables; only it knows the role that owns them."""
    values = {
        **environment.inherited(),
        **environment.shared(settings),
        **environment.records("airlock", secrets, cluster),
    }
    ini = ROOT / "plugins/airlock/governance/alembic.ini"
    return Process("airlock-migrate", _python("alembic", "-c", ini, "upgrade", "head"), values)


def _python(module: str, *arguments: object) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *map(str, arguments))
