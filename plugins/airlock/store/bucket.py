"""A place in an object storage: objects by key, each error naming the setting and its cure."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from airlock.digests import CHUNK
from airlock.object_storage import cure_of, filesystem, path_of, said
from airlock.store.errors import StoreAway

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo

#: So many objects travel at a time.
LANES = 8


class Gone(Exception):
    """There is no object of a key; no `OSError`, so that no missing file of this machine is taken for it."""


@dataclass(frozen=True)
class Bucket:
    """Everything below an address such as s3://bucket/prefix; a key is the rest of an object's path."""

    address: str

    @cached_property
    def path(self) -> str:
        """The address as the file system takes it."""
        return path_of(self.address)

    def has(self, key: str) -> bool:
        """Say whether there is an object; that there is no bucket is an error."""
        with self._told():
            there = bool(filesystem().get_file_info(f"{self.path}/{key}").is_file)
        if not there:
            self._require_bucket()
        return there

    def read(self, key: str) -> bytes | None:
        """Return an object, or None where there is none."""
        with suppress(Gone), self._told(), filesystem().open_input_stream(f"{self.path}/{key}") as stream:
            content: bytes = stream.read()
            return content
        self._require_bucket()
        return None

    def write(self, key: str, content: bytes) -> None:
        """Write an object, whole or not at all."""
        with self._told(), filesystem().open_output_stream(f"{self.path}/{key}") as stream:
            stream.write(content)

    def open(self, key: str) -> IO[bytes]:
        """Open an object to read here and there in it."""
        with self._told():
            opened: IO[bytes] = filesystem().open_input_file(f"{self.path}/{key}")
            return opened

    def digest(self, key: str) -> str:
        """Return the SHA-256 of an object, read in pieces."""
        digest = hashlib.sha256()
        for piece in self._pieces(key):
            digest.update(piece)
        return digest.hexdigest()

    def below(self, key: str, *, recursive: bool = True) -> list[tuple[str, datetime]]:
        """Return the objects below a key by their paths from there, each with when it was written."""
        from pyarrow.fs import FileSelector

        base = f"{self.path}/{key}".rstrip("/")
        with self._told():
            selector = FileSelector(base, recursive=recursive, allow_not_found=True)
            found: list[FileInfo] = filesystem().get_file_info(selector)
        if not found:
            self._require_bucket()
        return [(one.path.removeprefix(f"{base}/"), one.mtime) for one in found if one.is_file]

    def upload(self, folder: Path, names: Iterable[str], key: str) -> None:
        """Write files of a folder to below a key."""

        def send(name: str) -> None:
            with (folder / name).open("rb") as file:
                with self._told():
                    stream = filesystem().open_output_stream(f"{self.path}/{key}/{name}")
                while piece := file.read(CHUNK):
                    with self._told():
                        stream.write(piece)
                with self._told():
                    stream.close()

        together(names, send)

    def download(self, key: str, names: Iterable[str], folder: Path) -> None:
        """Write objects below a key to files of a folder."""

        def fetch(name: str) -> None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with (folder / name).open("wb") as file:
                file.writelines(self._pieces(f"{key}/{name}"))

        together(names, fetch)

    def delete(self, key: str) -> None:
        """Delete an object, or nothing where there is none."""
        with suppress(Gone), self._told():
            filesystem().delete_file(f"{self.path}/{key}")

    def delete_below(self, key: str) -> None:
        """Delete every object below a key, and what stands for it where it is empty."""
        with suppress(Gone), self._told():
            filesystem().delete_dir(f"{self.path}/{key}")

    def move(self, key: str, to: str) -> None:
        """Move an object to another key."""
        with self._told():
            filesystem().move(f"{self.path}/{key}", f"{self.path}/{to}")

    def _pieces(self, key: str) -> Iterator[bytes]:
        with self._told(), filesystem().open_input_stream(f"{self.path}/{key}") as stream:
            while piece := stream.read(CHUNK):
                yield piece

    def _require_bucket(self) -> None:
        """Refuse to take a missing bucket for an empty one."""
        from pyarrow.fs import FileType

        with self._told():
            kind = filesystem().get_file_info(self.path.split("/")[0]).type
        if kind is FileType.NotFound:
            raise self._away("there is no such bucket", "Make the bucket, or correct the address.")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the server or the way to it says into the error that names the setting."""
        try:
            yield
        except FileNotFoundError as error:
            raise Gone(str(error)) from error
        except OSError as error:
            raise self._away(said(error), cure_of(error)) from error

    def _away(self, wrong: str, cure: str) -> StoreAway:
        return StoreAway(
            f"AIRLOCK_STORE is {self.address}, and the evidence store there cannot be used: {wrong}. {cure}"
        )


def together(names: Iterable[str], function: Callable[[str], Any]) -> list[Any]:
    """Return what a function makes of each name, several at a time; the first error is raised."""
    with ThreadPoolExecutor(LANES, thread_name_prefix="bucket") as lanes:
        return list(lanes.map(function, names))
