"""The evidence store in a folder; what an object storage keeps has a folder like it for its cache."""

import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from airlock.digests import canonical_json, digest_of, digest_of_folder, short
from airlock.store import disk
from airlock.store.errors import StoreError

#: Where what was found changed is put, for whoever looks into it.
CHANGED = "changed"
PAGES = "pages"


@dataclass(frozen=True)
class Kept:
    """A kept folder: its digest, since when it is kept, and the content of one of its files, not proved."""

    digest: str
    kept_at: datetime
    content: bytes


@dataclass(frozen=True)
class Store:
    """A folder of content-addressed folders, `<root>/<kind>/<digest>/`, plus readable pages."""

    root: Path

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Lend an empty folder on the store's own disk, removed afterwards if it was not kept."""
        base = self.root / "staging"
        base.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=base))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, kind: str, folder: Path) -> str:
        """Move a staged folder to its place by content, and return its digest; twice is as once.

        It is on the disk when this returns.
        """
        digest = digest_of_folder(folder)
        place = self._place(kind, digest)
        disk.make(place.parent)
        folder.chmod(0o755)
        disk.force_all(folder)
        try:
            os.rename(folder, place)
        except OSError:
            if not place.is_dir():
                raise
        disk.force(place.parent)
        return digest

    def has(self, kind: str, digest: str) -> bool:
        """Say whether a folder is kept."""
        return self._place(kind, digest).is_dir()

    def remove(self, kind: str, digest: str) -> bool:
        """Remove a kept folder, and say whether it was there."""
        place = self._place(kind, digest)
        if not place.is_dir():
            return False
        with self.staging() as gone:  # whole or not at all, for whoever reads it meanwhile
            try:
                os.rename(place, gone / digest)
            except FileNotFoundError:  # somebody was first
                return False
        return True

    def folder(self, kind: str, digest: str) -> Path:
        """Return a kept folder after proving that its content still has the digest it is named by.

        Raises
        ------
        StoreError
            When the folder is missing, or its content was changed after it was kept.
        """
        place = self._place(kind, digest)
        if not place.is_dir():
            raise self._missing(kind, digest)
        actual = digest_of_folder(place)
        if actual != digest:
            raise self._changed(kind, digest, f"its content is now {short(actual)}")
        return place

    def prove(self, kind: str, digest: str) -> None:
        """Prove a folder where it is kept, not a copy of it.

        Raises
        ------
        StoreError
            As `folder` does.
        """
        self.folder(kind, digest)

    def local(self, kind: str, digest: str) -> Path:
        """Return where a kept folder lies on this machine; what lies there already is not proved again."""
        return self._place(kind, digest)

    def each(self, kind: str, file: str) -> Iterator[Kept]:
        """Yield every kept folder that holds a file, by digest, with the file's content."""
        for path in sorted((self.root / kind).glob(f"*/{file}")):
            kept_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            yield Kept(path.parent.name, kept_at, path.read_bytes())

    def open(self, kind: str, digest: str, file: str) -> IO[bytes]:
        """Open one file of a kept folder, which is not proved, to read here and there in it."""
        return (self._place(kind, digest) / file).open("rb")

    def salvage(self, kind: str, digest: str, inside: str, wanted: str, into: Path) -> bool:
        """Copy a folder out of a kept one if it still has the digest that is wanted, and say whether it does.

        What became of the rest of the kept folder does not matter.
        """
        source = self._place(kind, digest) / inside
        if not source.is_dir() or digest_of_folder(source) != wanted:
            return False
        shutil.copytree(source, into)
        return True

    def set_aside(self, kind: str, digest: str) -> None:
        """Move whatever lies in a kept folder's place to `changed`, for whoever looks into it."""
        place = self._place(kind, digest)
        if place.exists():
            aside = self.root / CHANGED / _apart(digest)
            aside.parent.mkdir(exist_ok=True)
            place.rename(aside)

    def sweep(self, before: datetime) -> None:
        """Clear away what was begun before a moment by somebody who was killed, and never kept."""
        for folder in (self.root / "staging").glob("*"):
            if folder.stat().st_mtime < before.timestamp():
                shutil.rmtree(folder, ignore_errors=True)

    def keep_json(self, kind: str, value: Any) -> str:
        """Keep a JSON value under its digest, and return that."""
        digest = digest_of(value)
        self._write(self.root / kind / f"{digest}.json", canonical_json(value))
        return digest

    def json(self, kind: str, digest: str) -> Any:
        """Return a kept JSON value after proving that it still has the digest it is named by.

        Raises
        ------
        StoreError
            When it is missing, or was changed after it was kept.
        """
        content = self._json(kind, digest)
        if content is None:
            raise self._missing(kind, digest)
        if (actual := hashlib.sha256(content).hexdigest()) != digest:
            raise self._changed(kind, digest, f"its content is now {short(actual)}")
        return json.loads(content)

    def page(self, model: str, name: str, content: str) -> str:
        """Write a readable page, `<root>/pages/<model>/<name>`, and return its path below pages."""
        self._write(self.root / PAGES / model / name, content.encode())
        return f"{model}/{name}"

    def read_page(self, model: str, path: str) -> bytes | None:
        """Return a page of a model, or None for anything that is not a file below the model's folder."""
        if not model.isidentifier() or "\0" in path:
            return None
        folder = (self.root / PAGES).resolve() / model
        file = (folder / path).resolve()
        return file.read_bytes() if file.is_relative_to(folder) and file.is_file() else None

    def _place(self, kind: str, digest: str) -> Path:
        return self.root / kind / digest

    def _where(self, kind: str, digest: str) -> str:
        """Return what messages call a kept thing's place."""
        return str(self._place(kind, digest))

    def _missing(self, kind: str, digest: str) -> StoreError:
        return StoreError(
            f"{kind} {short(digest)} is not in the evidence store ({self._where(kind, digest)}). "
            "Restore the store from its backup; nothing is used in its place."
        )

    def _changed(self, kind: str, digest: str, how: str) -> StoreError:
        return StoreError(
            f"{kind} {short(digest)} in the evidence store ({self._where(kind, digest)}) was changed: {how}. "
            "Restore it from its backup and look for who changed it."
        )

    def _json(self, kind: str, digest: str) -> bytes | None:
        """Return the content of a JSON file as it is found."""
        place = self.root / kind / f"{digest}.json"
        return place.read_bytes() if place.is_file() else None

    def _write(self, place: Path, content: bytes) -> None:
        """Write a file whole or not at all; it is on the disk when this returns."""
        disk.make(place.parent)
        descriptor, temporary = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, place)
        disk.force(place.parent)


def _apart(digest: str) -> str:
    """Return a name that is given to nothing else."""
    return f"{digest}-{secrets.token_hex(4)}"
