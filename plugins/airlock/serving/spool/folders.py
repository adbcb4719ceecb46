"""Folders: each process keeps its lines in one of its own; one that no living process holds is anybody's."""

import fcntl
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: Holds what PostgreSQL refused for good; no process's folder.
REFUSED = "refused"
#: What `own` names a process's folder: all else in the spool is somebody else's.
OWN_NAME = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Folder:
    """A folder of the spool that this process holds, as long as its descriptor is open."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Leave it, with what it holds, to any other process."""
        os.close(self.descriptor)

    def remove(self) -> None:
        """Drop it with all that it holds."""
        shutil.rmtree(self.path)
        os.close(self.descriptor)


def own(root: Path) -> Folder:
    """Make a folder for this process; only this user may look into the spool."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    root.chmod(0o700)
    while True:
        path = root / uuid.uuid4().hex
        path.mkdir(mode=0o700)
        if (held := _hold(path)) is not None:  # else another one took it for abandoned in that moment
            force(root)
            return held


def abandoned(root: Path) -> Iterator[Folder]:
    """Yield the folders that dead processes left, each held."""
    for path in sorted(root.iterdir()):
        if path.is_dir() and OWN_NAME.fullmatch(path.name) and (held := _hold(path)) is not None:
            yield held


def write(path: Path, content: bytes) -> None:
    """Write a file of a folder, which is on the disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    force(path.parent)


def force(folder: Path) -> None:
    """Force what a folder lists to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _hold(path: Path) -> Folder | None:
    with suppress(FileNotFoundError):  # another process has shipped and removed it
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return Folder(path, descriptor)
        except (BlockingIOError, FileNotFoundError):
            pass  # its process lives, or it was removed in this moment
        os.close(descriptor)
    return None
