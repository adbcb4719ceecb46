"""One real stack for the end-to-end tests, used the way a person uses it: by its commands."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx

from stack import environment
from stack.client import AirflowClient, connect
from stack.mailbox import Mail, read_mails
from stack.postgres import cluster_of
from stack.secrets import read_passwords, read_secrets
from stack.settings import ROOT, Settings, read_settings


class CommandFailed(Exception):
    """A command of the stack failed; the message is what it said."""


@dataclass(frozen=True)
class RunningStack:
    """An installation of the tests' own: its home, its ports, its copy of `include/`."""

    settings: Settings

    def command(self, *arguments: str) -> str:
        """Run `python -m stack …` for this installation and return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "stack", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.settings.variables},
            capture_output=True,
            text=True,
            timeout=400,
        )
        if done.returncode:
            raise CommandFailed(f"{done.stdout}\n{done.stderr}")
        return done.stdout

    def up(self) -> str:
        """Start it; what runs already stays."""
        return self.command("up")

    def down(self) -> str:
        """End it; the data stay."""
        return self.command("down")

    def client(self, user: str) -> AirflowClient:
        """Log in to Airflow as one of its users."""
        return connect(self.settings, user)

    def password(self, user: str) -> str:
        """Return a user's password."""
        return read_passwords(self.settings.home)[user]

    def scoring(self) -> httpx.Client:
        """Return a client of the scoring API that holds Airlock's own key."""
        key = read_secrets(self.settings.home).scoring_key
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.settings.scoring_url, headers=headers, timeout=30, trust_env=False)

    def mails(self) -> tuple[Mail, ...]:
        """Return every mail sent so far, oldest first."""
        return read_mails(self.settings.mail)

    def database_url(self, role: str = "airlock") -> str:
        """Return the SQLAlchemy URL by which a role reaches its database."""
        secrets = read_secrets(self.settings.home)
        return cluster_of(self.settings.home).url(role, secrets.database[role])

    def environment(self) -> dict[str, str]:
        """Return the environment its tasks have."""
        secrets, cluster = read_secrets(self.settings.home), cluster_of(self.settings.home)
        return {
            **environment.inherited(),
            **environment.shared(self.settings),
            **environment.airflow(self.settings, secrets, cluster),
            **environment.connections(self.settings, secrets, cluster),
            **environment.asking(secrets),
        }

    def process_id(self, name: str) -> int:
        """Return the id of one of its processes, by the name of its log."""
        return int((self.settings.run / f"{name}.pid").read_text())

    def log(self, name: str) -> str:
        """Return what one of its processes has logged since the last start."""
        return (self.settings.logs / f"{name}.log").read_text(errors="replace")


def new_settings(folder: Path, include: Path, ports: list[int], workers: int = 0) -> Settings:
    """Return the settings of an installation in a folder of its own."""
    names = ("AIRFLOW", "MLFLOW", "SCORING", "SMTP")
    given = {f"AIRLOCK_{name}_PORT": str(port) for name, port in zip(names, ports, strict=True)}
    given |= {"AIRLOCK_HOME": str(folder / "home"), "AIRLOCK_INCLUDE": str(include)}
    return read_settings(given | {"AIRLOCK_WORKERS": str(workers)}, folder / ".env")
