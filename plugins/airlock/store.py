"""The evidence store: folders and files kept under their own digest, never changed once written."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airlock.digests import canonical_json, digest_of, digest_of_folder, short


class StoreError(Exception):
    """Something in the evidence store is missing or no longer what its name says."""


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
        """Move a staged folder to its place by content, and return its digest; twice is as once."""
        digest = digest_of_folder(folder)
        place = self.root / kind / digest
        place.parent.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        try:
            os.rename(folder, place)
        except OSError:
            if not place.is_dir():
                raise
        return digest

    def has(self, kind: str, digest: str) -> bool:
        """Say whether a folder is kept."""
        return (self.root / kind / digest).is_dir()

    def remove(self, kind: str, digest: str) -> bool:
        """Remove a kept folder, and say whether it was there."""
        place = self.root / kind / digest
        if not place.is_dir():
            return False
        with self.staging() as gone:  # whole or not at all, for whoever reads it meanwhile
            os.rename(place, gone / digest)
        return True

    def folder(self, kind: str, digest: str) -> Path:
        """Return a kept folder after proving that its content still has the digest it is named by.

        Raises
        ------
        StoreError
            When the folder is missing, or its content was changed after it was kept.
        """
        place = self.root / kind / digest
        if not place.is_dir():
            raise StoreError(
                f"{kind} {short(digest)} is not in the evidence store ({place}). "
                "Restore the store from its backup; nothing is used in its place."
            )
        actual = digest_of_folder(place)
        if actual != digest:
            raise StoreError(
                f"{kind} {short(digest)} in the evidence store ({place}) was changed: its content is now "
                f"{short(actual)}. Restore it from its backup and look for who changed it."
            )
        return place

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
        place = self.root / kind / f"{digest}.json"
        if not place.is_file():
            raise StoreError(
                f"{kind} {short(digest)} is not in the evidence store ({place}). Restore it from its backup."
            )
        content = place.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise StoreError(
                f"{kind} {short(digest)} in the evidence store ({place}) was changed. Restore it from its "
                "backup and look for who changed it."
            )
        return json.loads(content)

    def page(self, model: str, name: str, content: str) -> str:
        """Write a readable page, `<root>/pages/<model>/<name>`, and return its path below pages."""
        self._write(self.root / "pages" / model / name, content.encode())
        return f"{model}/{name}"

    def _write(self, place: Path, content: bytes) -> None:
        """Write a file whole or not at all."""
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, place)
