"""A store of either kind, and somebody who reaches into it past Airlock."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from airlock.store import Store
from airlock.store.bucket import Bucket
from airlock.store.bucket_store import BucketStore
from tests.airlock.object_server import ObjectServer


def kept(store: Store, files: dict[str, bytes], kind: str = "packages") -> str:
    """Keep files and return their digest."""
    with store.staging() as folder:
        write(folder, files)
        return store.keep(kind, folder)


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@dataclass
class InFolder:
    """A store in a folder."""

    store: Store

    def another_machine(self) -> Store:
        """Return the same store as another machine has it."""
        return Store(self.store.root)

    def place(self, path: str) -> Path:
        """Return where something lies."""
        return self.store.root / path

    def read(self, path: str) -> bytes:
        """Read past Airlock."""
        return self.place(path).read_bytes()

    def write(self, path: str, content: bytes) -> None:
        """Write past Airlock."""
        self.place(path).parent.mkdir(parents=True, exist_ok=True)
        self.place(path).write_bytes(content)

    def delete(self, path: str) -> None:
        """Delete past Airlock."""
        self.place(path).unlink()

    def names(self, path: str) -> list[str]:
        """Return every file below a path."""
        below = self.place(path)
        return [one.relative_to(below).as_posix() for one in below.rglob("*") if one.is_file()]


@dataclass
class InBucket:
    """A store in a bucket, which forgets its cache whenever somebody reaches into the bucket."""

    server: ObjectServer
    store: BucketStore

    @classmethod
    def new(cls, server: ObjectServer, folder: Path) -> "InBucket":
        """Return an empty store, somewhere in a bucket of its own."""
        return cls(server, BucketStore(folder / "cache", Bucket(f"{server.new_bucket()}/evidence")))

    def another_machine(self) -> Store:
        """Return the same store as another machine has it: with a cache of its own."""
        return BucketStore(self.store.root.with_name("another-cache"), self.store.bucket)

    def address(self, path: str) -> str:
        """Return where something lies."""
        return f"{self.store.bucket.address}/{path}".removesuffix("/")

    def read(self, path: str) -> bytes:
        """Read past Airlock."""
        return self.server.read(self.address(path))

    def write(self, path: str, content: bytes) -> None:
        """Write past Airlock."""
        self._forget()
        self.server.write(self.address(path), content)

    def delete(self, path: str) -> None:
        """Delete past Airlock."""
        self._forget()
        self.server.delete(self.address(path))

    def names(self, path: str) -> list[str]:
        """Return every object below a path."""
        return self.server.names(self.address(path))

    def _forget(self) -> None:
        shutil.rmtree(self.store.root, ignore_errors=True)


Kind = InFolder | InBucket
