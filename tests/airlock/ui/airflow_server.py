"""A real Airflow API server for tests: its own database, its own users, this project's plugins."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"
PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class AirflowServer:
    """Where it answers, the folder it lives in, and the passwords it generated."""

    url: str
    folder: Path
    passwords: dict[str, str]

    def token(self, user: str) -> str:
        """Log in as a program does, and return the token."""
        login = {"username": user, "password": self.passwords[user]}
        answer = httpx.post(f"{self.url}/auth/token", json=login).raise_for_status()
        return answer.json()["access_token"]


@contextmanager
def airflow_server(
    database: str, folder: Path, *, dag: str = "", **environment: str
) -> Iterator[AirflowServer]:
    """Migrate an empty database for Airflow and run the API server on it; its log is in `folder`.

    It knows a Dag, if the text of one is given; nothing is scheduled.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    url, passwords = f"http://{HOST}:{port}", folder / "passwords.json"
    settings = {
        "API__BASE_URL": url,
        "API__HOST": HOST,
        "API__PORT": str(port),
        "API__WORKERS": "1",
        "API_AUTH__JWT_SECRET": "a secret of this test alone, as long as its algorithm wants it to be",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_FOLDER": str(folder / "dags"),
        "CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "CORE__SIMPLE_AUTH_MANAGER_USERS": "dana:user,ada:viewer",
        "DATABASE__SQL_ALCHEMY_CONN": database,
        "LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
    }
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
        **{f"AIRFLOW__{key}": value for key, value in settings.items()},
        "AIRFLOW_HOME": str(folder),
        "PYTHONPATH": str(ROOT / "plugins"),
        **environment,
    }
    with (folder / "server.log").open("wb") as log:
        airflow = [sys.executable, "-m", "airflow"]
        subprocess.run([*airflow, "db", "migrate"], env=env, check=True, stdout=log, stderr=log)
        if dag:
            (folder / "dags").mkdir()
            (folder / "dags" / "dag.py").write_text(dag)
            serialize = [*airflow, "dags", "reserialize"]
            subprocess.run(serialize, env=env, check=True, stdout=log, stderr=log)
        server = subprocess.Popen([*airflow, "api-server"], env=env, stdout=log, stderr=log)
        try:
            _wait(url, server, folder / "server.log")
            yield AirflowServer(url, folder, json.loads(passwords.read_text()))
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _answers(url):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Airflow does not answer: {log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v2/version", timeout=2).is_success
    except httpx.TransportError:
        return False
