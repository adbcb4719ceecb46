"""The evidence store in an object storage, with a folder of this machine for its cache."""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from airlock.digests import FOREIGN, canonical_json, digest_of, digest_of_folder, digests_of_folder
from airlock.object_storage import is_plain
from airlock.store.bucket import Bucket, Gone, together
from airlock.store.errors import StoreAway, StoreError
from airlock.store.folder import CHANGED, PAGES, Kept, Store, _apart

#: What is written last of a folder: the digest of each of its files by path, whose own SHA-256 is the digest
#: of the folder. Without it a folder is not kept, however much of it was sent.
WHOLE = ".whole"
#: An object that is a file of a folder.
PART = re.compile(r"(?P<folder>[a-z_]+/[0-9a-f]{64})/")
#: What the cache was not asked for in this time leaves it.
UNUSED = timedelta(days=7)


@dataclass(frozen=True)
class BucketStore(Store):
    """Each kept folder as objects `<kind>/<digest>/<file>`, and as a list of them, `<kind>/<digest>.whole`.

    `root` is the folder of the cache. What is read was proved on this machine: in the cache, or on its way
    into it.
    """

    bucket: Bucket

    def keep(self, kind: str, folder: Path) -> str:
        """Send a staged folder, then the list of its files, and leave it in the cache.

        Of a folder that is kept already only what is missing is sent: what was changed stays as it is found.
        """
        contents = digests_of_folder(folder)
        digest, key = digest_of(contents), f"{kind}/{digest_of(contents)}"
        for name, what in contents.items():
            if what == FOREIGN or not _is_plain_path(name):
                strange = FOREIGN if what == FOREIGN else "no plain path"
                raise StoreError(f"{kind} {digest} holds {name}, which is {strange} and cannot be kept.")
        kept = self.has(kind, digest)
        if not kept:
            self.bucket.upload(folder, contents, key)
        # Also when all was just sent: a sweep may have taken it for what a killed task left.
        self.bucket.upload(folder, contents.keys() - self._objects(key), key)
        if not kept:
            self.bucket.write(f"{key}{WHOLE}", canonical_json(contents))
        self._tidy(kind)
        with self._cached():
            return super().keep(kind, folder)

    def has(self, kind: str, digest: str) -> bool:
        """Say whether a folder is kept, wherever it was kept from."""
        return self.bucket.has(f"{kind}/{digest}{WHOLE}")

    def remove(self, kind: str, digest: str) -> bool:
        """Remove a kept folder from the object storage and from this machine's cache."""
        was_there = self.has(kind, digest)
        self.bucket.delete(f"{kind}/{digest}{WHOLE}")
        self.bucket.delete_below(f"{kind}/{digest}")
        super().remove(kind, digest)
        return was_there

    def folder(self, kind: str, digest: str) -> Path:
        """Return a kept folder on this machine, proved; what is in the cache and proved needs no network.

        A folder that is kept no longer leaves the cache as soon as the object storage says so.
        """
        place = self._place(kind, digest)
        try:
            kept = self.has(kind, digest)
        except StoreAway:
            if not self._is_cached(kind, digest):
                raise
            return place
        if not kept:
            super().remove(kind, digest)
            raise self._missing(kind, digest)
        if not self._is_cached(kind, digest):
            super().remove(kind, digest)  # a copy that is no longer whole
            self._fetch(kind, digest)
        os.utime(place)
        return place

    def prove(self, kind: str, digest: str) -> None:
        """Prove every object of a folder, whatever the cache holds."""
        contents = self._contents(kind, digest)

        def prove(name: str) -> None:
            if self.bucket.digest(f"{kind}/{digest}/{name}") != contents[name]:
                raise self._changed(kind, digest, f"{name} is another file now")

        with self._still_kept(kind, digest):
            together(contents, prove)

    def local(self, kind: str, digest: str) -> Path:
        """Return where a kept folder lies on this machine, fetching it where it does not yet."""
        place = self._place(kind, digest)
        return place if place.is_dir() else self.folder(kind, digest)

    def each(self, kind: str, file: str) -> Iterator[Kept]:
        """Yield every kept folder that holds a file, by digest, with the file's content."""
        marks = sorted(self.bucket.below(kind, recursive=False))
        kept = {name.removesuffix(WHOLE): at for name, at in marks if name.endswith(WHOLE)}
        contents = together(kept, lambda digest: self.bucket.read(f"{kind}/{digest}/{file}"))
        for (digest, kept_at), content in zip(kept.items(), contents, strict=True):
            if content is not None:
                yield Kept(digest, kept_at, content)

    def open(self, kind: str, digest: str, file: str) -> IO[bytes]:
        """Open one file of a kept folder, of which only what is read travels."""
        cached = self._place(kind, digest) / file
        if cached.is_file():
            return cached.open("rb")
        with self._still_kept(kind, digest):
            return self.bucket.open(f"{kind}/{digest}/{file}")

    def salvage(self, kind: str, digest: str, inside: str, wanted: str, into: Path) -> bool:
        """Fetch a folder out of a kept one if it still has the digest that is wanted."""
        key = f"{kind}/{digest}/{inside}"
        names = [name for name, _ in self.bucket.below(key)]
        if not names or not all(_is_plain_path(name) for name in names):
            return False
        self.bucket.download(key, names, into)
        return digest_of_folder(into) == wanted

    def set_aside(self, kind: str, digest: str) -> None:
        """Move whatever lies in a kept folder's place to `changed`, for whoever looks into it."""
        aside, key = f"{CHANGED}/{_apart(digest)}", f"{kind}/{digest}"
        self.bucket.delete(f"{key}{WHOLE}")
        for name, _ in self.bucket.below(key):
            self.bucket.move(f"{key}/{name}", f"{aside}/{name}")
        super().remove(kind, digest)

    def sweep(self, before: datetime) -> None:
        """Clear away what was begun before a moment by somebody who was killed, and never kept."""
        found = self.bucket.below("")
        whole = {name.removesuffix(WHOLE) for name, _ in found if name.endswith(WHOLE)}
        # Whatever else lies in the bucket is not ours to clear away.
        parts = [(part["folder"], at) for name, at in found if (part := PART.match(name))]
        young = {folder for folder, at in parts if at >= before}
        for folder in sorted({folder for folder, _ in parts} - whole - young):
            if not self.bucket.has(f"{folder}{WHOLE}"):  # it may have been kept since
                self.bucket.delete_below(folder)
        super().sweep(before)

    def keep_json(self, kind: str, value: Any) -> str:
        """Keep a JSON value under its digest, and return that."""
        self.bucket.write(f"{kind}/{digest_of(value)}.json", canonical_json(value))
        return super().keep_json(kind, value)

    def page(self, model: str, name: str, content: str) -> str:
        """Write a readable page, and return its path below pages."""
        self.bucket.write(f"{PAGES}/{model}/{name}", content.encode())
        return f"{model}/{name}"

    def read_page(self, model: str, path: str) -> bytes | None:
        """Return a page of a model, or None for anything that is no page of it."""
        if not model.isidentifier() or not _is_plain_path(path):
            return None
        return self.bucket.read(f"{PAGES}/{model}/{path}")

    def _is_cached(self, kind: str, digest: str) -> bool:
        place = self._place(kind, digest)
        return place.is_dir() and digest_of_folder(place) == digest

    def _fetch(self, kind: str, digest: str) -> None:
        """Bring a kept folder into the cache, once it is proved."""
        contents = self._contents(kind, digest)
        with self._cached(), self.staging() as folder:
            with self._still_kept(kind, digest):
                self.bucket.download(f"{kind}/{digest}", contents, folder)
            for name, found in digests_of_folder(folder).items():
                if found != contents[name]:
                    raise self._changed(kind, digest, f"{name} is another file now")
            super().keep(kind, folder)
        self._tidy(kind)

    def _contents(self, kind: str, digest: str) -> dict[str, str]:
        """Return the digest of each file of a kept folder, once they are proved and all objects are there."""
        listed = self.bucket.read(f"{kind}/{digest}{WHOLE}")
        if listed is None:
            raise self._missing(kind, digest)
        if sha256(listed).hexdigest() != digest:
            raise self._changed(kind, digest, "its list of files is another one now")
        contents: dict[str, str] = json.loads(listed)
        if outside := [name for name in contents if not _is_plain_path(name)]:
            raise self._changed(kind, digest, f"its list of files has {outside[0]!r}, which is no plain path")
        if strange := sorted(self._objects(f"{kind}/{digest}") ^ set(contents)):
            how = "is gone" if strange[0] in contents else "was added"
            raise self._changed(kind, digest, f"{strange[0]} {how}")
        return contents

    def _objects(self, key: str) -> set[str]:
        return {name for name, _ in self.bucket.below(key)}

    @contextmanager
    def _cached(self) -> Iterator[None]:
        """Tell what is wrong with the disk of this machine as that, and not as the object storage's fault."""
        try:
            yield
        except OSError as error:
            raise StoreAway(
                f"AIRLOCK_STORE_CACHE is {self.root}, and {error.filename or 'a file'} there cannot be used: "
                f"{error.strerror}. Make room on that disk, or name another folder."
            ) from error

    @contextmanager
    def _still_kept(self, kind: str, digest: str) -> Iterator[None]:
        """Tell what was removed while it was read."""
        try:
            yield
        except Gone:
            raise self._missing(kind, digest) from None

    def _json(self, kind: str, digest: str) -> bytes | None:
        cached = super()._json(kind, digest)
        if cached is not None and sha256(cached).hexdigest() == digest:
            return cached
        found = self.bucket.read(f"{kind}/{digest}.json")
        if found is not None and sha256(found).hexdigest() == digest:
            self._write(self.root / kind / f"{digest}.json", found)
        return found

    def _write(self, place: Path, content: bytes) -> None:
        with self._cached():
            super()._write(place, content)

    def _tidy(self, kind: str) -> None:
        """Let go of folders that the cache was long not asked for: they may have been removed elsewhere."""
        past = time.time() - UNUSED.total_seconds()
        for place in (self.root / kind).glob("*/"):
            with suppress(FileNotFoundError):  # another process was first
                if place.stat().st_mtime < past:
                    super().remove(kind, place.name)

    def _where(self, kind: str, digest: str) -> str:
        return f"{self.bucket.address}/{kind}/{digest}"


def _is_plain_path(path: str) -> bool:
    return all(is_plain(part) for part in path.split("/"))
