"""Writing a new model's files beside the include folder, and moving them there whole or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from airlock.onboarding.draft import COPY, Draft
from airlock.onboarding.errors import OnboardingError
from airlock.onboarding.rendering import texts
from airlock.spec.catalogue import FOLDER
from airlock.spec.people import PEOPLE_FILE

POLICIES = "policies"
TAKEN = "Somebody made it meanwhile: choose another name."
CURES = {
    errno.EEXIST: TAKEN,
    errno.ENOTEMPTY: TAKEN,
    errno.EXDEV: "Keep the folders of include/ on one file system.",
}


@dataclass(frozen=True)
class Staging:
    """An include folder of one new model's own, beside the policies, people and catalogue of the real one."""

    include: Path
    folder: Path

    @property
    def models(self) -> Path:
        """The folder that holds the new model's folder."""
        return self.folder / "models"

    def write(self, draft: Draft) -> Path:
        """Write a draft's files over those that are there; return the folder of models."""
        for name, text in texts(draft).items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return self.models

    def keep_rows(self, name: str, rows: pa.Table) -> None:
        """Write the copy of the rows that the spec reads."""
        (self.models / name).mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, self.models / name / COPY, compression="zstd")

    def move_in(self, name: str) -> None:
        """Move the model, and its entry of the catalogue if it has one, into the real include folder.

        The entry goes first: alone it does nothing, and it is taken back where the model cannot follow.

        Raises
        ------
        OSError
            When one of the two cannot be put there, or is there by now.
        """
        drafted, entry = (folder / FOLDER / f"{name}.yaml" for folder in (self.folder, self.include))
        model = self.include / "models" / name
        model.parent.mkdir(exist_ok=True)
        if drafted.exists():
            entry.parent.mkdir(exist_ok=True)
            os.link(drafted, entry)
        try:
            (self.models / name).rename(model)
        except OSError:
            if drafted.exists():
                entry.unlink()
            raise


def require_free(include: Path, name: str) -> None:
    """Refuse to write over anything.

    Raises
    ------
    OnboardingError
        When there is a model of that name, or an entry of the catalogue.
    """
    for taken in (include / "models" / name, include / FOLDER / f"{name}.yaml"):
        if taken.exists():
            cure = "Choose another name, or move that away first; nothing was changed."
            raise OnboardingError("NAME", f"{taken} is there already.", cure)


@contextmanager
def staging(include: Path, name: str) -> Iterator[Staging]:
    """Make a staging folder and remove what is left of it afterwards.

    Raises
    ------
    OnboardingError
        When nothing can be written beside the include folder's own files, or moved among them.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".new-{name}-", dir=include))
    except OSError as error:
        wrong = f"nothing can be written into {include}: {error.strerror}."
        raise OnboardingError("NAME", wrong, "Mend its permissions, or set AIRLOCK_INCLUDE.") from error
    try:
        (folder / POLICIES).symlink_to((include / POLICIES).resolve())
        (folder / PEOPLE_FILE).symlink_to((include / PEOPLE_FILE).resolve())
        (folder / FOLDER).mkdir()
        for entry in (include / FOLDER).glob("*.yaml"):
            if entry.stem != name:
                (folder / FOLDER / entry.name).symlink_to(entry.resolve())
        yield Staging(include, folder)
    except OSError as error:
        wrong = f"{error.filename2 or error.filename or folder} cannot be written: {error.strerror or error}."
        cure = CURES.get(error.errno or 0, "Make room, or mend its permissions.")
        raise OnboardingError("NAME", wrong, f"{cure} Nothing was changed.") from error
    finally:
        shutil.rmtree(folder)
