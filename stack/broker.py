"""The queue between Airflow's scheduler and its Celery workers: a Redis of this installation's own.

It listens on a unix socket in the private folder of PostgreSQL's and nowhere else, and asks for a password.
What waits there outlives the server: it notes everything in a file, a second late at most.
"""

import os
import shutil
from pathlib import Path
from urllib.parse import quote

from stack.errors import StackError
from stack.postgres import Cluster
from stack.secrets import Secrets
from stack.settings import Settings

PROGRAM = "redis-server"
CONFIGURATION = """\
port 0
unixsocket "{socket}"
unixsocketperm 700
requirepass {password}
dir "{folder}"
appendonly yes
save ""
maxmemory-policy noeviction
"""


def configuration_of(settings: Settings) -> Path:
    """Return the file that tells redis-server what it needs to know; it holds the password."""
    return settings.home / "redis" / "redis.conf"


def prepare(settings: Settings, secrets: Secrets, cluster: Cluster) -> None:
    """Write that file, for its owner's eyes only.

    Raises
    ------
    StackError
        When redis-server is not installed.
    """
    if not shutil.which(PROGRAM):
        raise StackError(
            f"AIRLOCK_WORKERS is {settings.workers}, and workers need {PROGRAM}, which is not on the PATH: "
            "install it (Debian: apt install redis-server), or set AIRLOCK_WORKERS=0."
        )
    file = configuration_of(settings)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    text = CONFIGURATION.format(socket=_socket(cluster), password=secrets.broker_password, folder=file.parent)
    file.unlink(missing_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)


def url(secrets: Secrets, cluster: Cluster) -> str:
    """Return the address by which Celery reaches it."""
    return f"redis+socket://:{quote(secrets.broker_password, safe='')}@{quote(str(_socket(cluster)))}"


def _socket(cluster: Cluster) -> Path:
    return cluster.socket_folder / "redis.sock"
