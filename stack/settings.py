"""Where one installation lives and on which ports it listens: read from the environment, then from `.env`."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.compose import COMPOSE_SETTINGS, ONLY_COMPOSE
from stack.errors import StackError

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
MOST_PROCESSES = 64
#: The address of a place in an object storage; Airlock itself looks closer.
OBJECT_STORAGE = re.compile(r"s3:/(/[^/?#%\\]+)+/?")

#: Every setting a person may give, with its default. `.env.example` explains them.
DEFAULTS = {
    "AIRLOCK_HOME": ".airlock",
    "AIRLOCK_INCLUDE": "include",
    "AIRLOCK_STORE": "",
    "AIRLOCK_STORE_CACHE": "",
    "AIRLOCK_ANCHORS": "",
    "AIRLOCK_DASK": "",
    "AIRLOCK_AIRFLOW_PORT": "8080",
    "AIRLOCK_MLFLOW_PORT": "5000",
    "AIRLOCK_SCORING_PORT": "8000",
    "AIRLOCK_SCORING_WORKERS": "1",
    "AIRLOCK_SMTP_PORT": "1025",
    "AIRLOCK_WORKERS": "0",
}


@dataclass(frozen=True)
class Settings:
    """The folders and ports of one installation; two with different ones run side by side."""

    home: Path
    include: Path
    store: Path | str
    store_cache: Path
    anchors: Path
    dask: str
    airflow_port: int
    mlflow_port: int
    scoring_port: int
    scoring_workers: int
    smtp_port: int
    workers: int

    @property
    def airflow_url(self) -> str:
        """Base URL of Airflow's UI and API."""
        return f"http://{HOST}:{self.airflow_port}"

    @property
    def mlflow_url(self) -> str:
        """Base URL of the MLflow server."""
        return f"http://{HOST}:{self.mlflow_port}"

    @property
    def scoring_url(self) -> str:
        """Base URL of the scoring API."""
        return f"http://{HOST}:{self.scoring_port}"

    @property
    def mail(self) -> Path:
        """The folder that keeps every mail as one file."""
        return self.home / "mail"

    @property
    def logs(self) -> Path:
        """The folder with one log file for each process."""
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """The folder that says which processes are ours."""
        return self.home / "run"

    @property
    def worker_names(self) -> tuple[str, ...]:
        """The names of the Celery workers, each of which Airflow shows beside the tasks it ran."""
        return tuple(f"w{number}" for number in range(1, self.workers + 1))

    @property
    def ports(self) -> dict[str, int]:
        """Each port by the setting that changes it."""
        return {
            "AIRLOCK_AIRFLOW_PORT": self.airflow_port,
            "AIRLOCK_MLFLOW_PORT": self.mlflow_port,
            "AIRLOCK_SCORING_PORT": self.scoring_port,
            "AIRLOCK_SMTP_PORT": self.smtp_port,
        }

    @property
    def variables(self) -> dict[str, str]:
        """Every setting by its key, so that another process of this installation reads the same."""
        given = {
            "AIRLOCK_HOME": self.home,
            "AIRLOCK_INCLUDE": self.include,
            "AIRLOCK_STORE": self.store,
            "AIRLOCK_STORE_CACHE": self.store_cache,
            "AIRLOCK_ANCHORS": self.anchors,
            "AIRLOCK_DASK": self.dask,
            "AIRLOCK_SCORING_WORKERS": self.scoring_workers,
            "AIRLOCK_WORKERS": self.workers,
            **self.ports,
        }
        return {key: str(value) for key, value in given.items()}


def read_settings(environment: Mapping[str, str] = os.environ, file: Path = ROOT / ".env") -> Settings:
    """Read the settings of this checkout; the environment wins over `.env`, which wins over the defaults.

    Raises
    ------
    StackError
        When `.env` holds an unknown key or a line that is no setting, or a value is wrong or given twice.
    """
    given = {key: value for key, value in environment.items() if key in DEFAULTS and value}
    values = {**DEFAULTS, **_read_file(file), **given}
    home = _path(values["AIRLOCK_HOME"])
    ports = {key: _port(key, values[key]) for key in DEFAULTS if key.endswith("_PORT")}
    for key, port in ports.items():
        if twin := next((other for other in ports if other != key and ports[other] == port), None):
            raise StackError(
                f"{key} and {twin} are both {port}: give each its own port, in .env for example."
            )
    return Settings(
        home=home,
        include=_path(values["AIRLOCK_INCLUDE"]),
        store=_store(values["AIRLOCK_STORE"]) if values["AIRLOCK_STORE"] else home / "store",
        store_cache=_path(values["AIRLOCK_STORE_CACHE"])
        if values["AIRLOCK_STORE_CACHE"]
        else home / "store-cache",
        anchors=_path(values["AIRLOCK_ANCHORS"]) if values["AIRLOCK_ANCHORS"] else home / "anchors.jsonl",
        dask=values["AIRLOCK_DASK"],
        airflow_port=ports["AIRLOCK_AIRFLOW_PORT"],
        mlflow_port=ports["AIRLOCK_MLFLOW_PORT"],
        scoring_port=ports["AIRLOCK_SCORING_PORT"],
        scoring_workers=_processes("AIRLOCK_SCORING_WORKERS", values["AIRLOCK_SCORING_WORKERS"], fewest=1),
        smtp_port=ports["AIRLOCK_SMTP_PORT"],
        workers=_processes("AIRLOCK_WORKERS", values["AIRLOCK_WORKERS"], fewest=0),
    )


def _read_file(file: Path) -> dict[str, str]:
    values = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines() if file.exists() else [], 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise StackError(f"{file}, line {number}: {line!r} is no setting. Write KEY=value.")
        if key.strip() in (*ONLY_COMPOSE, *COMPOSE_SETTINGS):
            continue
        if key.strip() not in DEFAULTS:
            known = ", ".join(DEFAULTS)
            raise StackError(
                f"{file}, line {number}: {key.strip()} is no known setting. Known ones: {known}."
            )
        if value := value.strip().strip("\"'"):
            values[key.strip()] = value
    return values


def _store(value: str) -> Path | str:
    """Return a folder, or the address of a place in an object storage."""
    if "://" not in value:
        return _path(value)
    if not OBJECT_STORAGE.fullmatch(value):
        raise StackError(f"AIRLOCK_STORE is {value!r}. Write a folder, or s3://<bucket>/<path>.")
    return value


def _path(value: str) -> Path:
    return (ROOT / Path(value).expanduser()).resolve()


def _port(key: str, value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise StackError(f"{key} is {value!r}, which is no port. Write a number from 1 to 65535.")
    return int(value)


def _processes(key: str, value: str, *, fewest: int) -> int:
    if not value.isdecimal() or not fewest <= int(value) <= MOST_PROCESSES:
        allowed = f"Write a number from {fewest} to {MOST_PROCESSES}."
        raise StackError(f"{key} is {value!r}, which is no number of processes. {allowed}")
    return int(value)
