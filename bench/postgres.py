"""A PostgreSQL of the bench's own, as durable as the stack's, gone when the bench ends."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe

from bench.measure import environment
from stack.postgres import cluster_of
from stack.secrets import ROLES
from stack.settings import ROOT


@contextmanager
def running_postgres(home: Path) -> Iterator[tuple[str, str]]:
    """Run a server until the block ends; yield the URLs of the airlock database and of the warehouse."""
    passwords = {role: token_urlsafe(12) for role in ROLES}
    cluster = cluster_of(home)
    try:
        cluster.start(passwords)
        airlock, warehouse = (cluster.url(role, passwords[role]) for role in ("airlock", "warehouse"))
        ini = ROOT / "plugins/airlock/governance/alembic.ini"
        subprocess.run(
            [sys.executable, "-m", "alembic", "-c", str(ini), "upgrade", "head"],
            cwd=ROOT,
            env=environment() | {"AIRLOCK_DATABASE_URL": airlock},
            check=True,
            capture_output=True,
        )
        yield airlock, warehouse
    finally:
        cluster.stop()
        cluster.delete()
