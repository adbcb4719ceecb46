"""The versions that somebody registered in MLflow by hand, and the one file of them that is ever read.

A version is a claim: who registered it, what its files are. Of its files two are read: `MLmodel`, as YAML, to
know the format, and the skops file, through the same gate as a package's. No pickle is loaded, and no code
that lies beside a model is imported.
"""

import hashlib
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from airlock.package.origin import Origin
from airlock.package.package import MODEL_FILE
from airlock.package.trust import load_pipeline
from airlock.training.errors import ExternalError
from airlock.training.mlflow_client import client
from airlock.training.tracking import PACKAGE_TAG

NOBODY = "somebody unknown"
LONGEST_NAME = 100
#: Where a version's files may lie: with the MLflow server itself.
OWN_PLACES = ("mlflow-artifacts:/", "runs:/")


@dataclass(frozen=True)
class Registered:
    """A version in MLflow that Airlock did not make; everything it says is a claim."""

    model: str
    version: int
    registered_by: str
    mlflow_run_id: str | None
    source: str


def registered_by_hand(model: str, known: Collection[int]) -> list[Registered]:
    """Return the versions of a registered model that are not among the known ones, oldest first.

    What bears Airlock's own package is left out: a training may just be registering it, and whoever forges
    that tag only keeps their version from being looked at.
    """
    found = client().search_model_versions(f"name = '{model}'")
    versions = [
        _registered(version)
        for version in found
        if version.status == "READY" and PACKAGE_TAG not in version.tags and int(version.version) not in known
    ]
    return sorted(versions, key=lambda version: version.version)


def find(model: str, version: int) -> Registered:
    """Return one version.

    Raises
    ------
    ExternalError
        When MLflow has none of that number.
    """
    from mlflow.exceptions import MlflowException

    try:
        return _registered(client().get_model_version(model, str(version)))
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise ExternalError(
            f"{model} version {version} is not in MLflow. Register it there under the name {model} first."
        ) from None


def load(found: Registered, *, models: Path) -> tuple[Any, Origin, tuple[str, ...]]:
    """Return a version's pipeline, where it comes from, and what speaks against it.

    Parameters
    ----------
    models
        The folder that holds the model's own folder: classes of its code may be in the pipeline.

    Raises
    ------
    ExternalError
        When it lies elsewhere than with MLflow, is in another format than skops, or holds what may not be
        loaded.
    """
    what = f"{found.model} version {found.version}"
    with _files(what, found) as fetch:
        flavor = _flavor(what, found.model, fetch("MLmodel"))
        file = fetch(MODEL_FILE)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        try:
            pipeline = load_pipeline(file, found.model, models)
        except Exception as error:  # a file from elsewhere can be wrong in every way
            said = " ".join(str(error).split())[:500].rstrip(".") or type(error).__name__
            raise ExternalError(
                f"{what} holds a file {MODEL_FILE} that cannot be loaded: {said}. {how_to_log(found.model)}"
            ) from error
    origin = Origin(found.version, found.registered_by, found.mlflow_run_id, found.source, digest)
    return pipeline, origin, _other_library(flavor)


def how_to_log(model: str) -> str:
    """Return the call by which a model is registered so that it can be taken in."""
    return (
        'Log it so: mlflow.sklearn.log_model(pipeline, name="model", serialization_format="skops", '
        f'registered_model_name="{model}"). Where MLflow then speaks of untrusted types, pass those it lists '
        "as skops_trusted_types."
    )


def _registered(version: Any) -> Registered:
    return Registered(
        model=version.name,
        version=int(version.version),
        registered_by=_claimed_user(version),
        mlflow_run_id=version.run_id or None,
        source=version.source,
    )


def _claimed_user(version: Any) -> str:
    tags = client().get_run(version.run_id).data.tags if version.run_id else {}
    claimed = version.tags.get("mlflow.user") or tags.get("mlflow.user") or version.user_id or ""
    return " ".join(claimed.split())[:LONGEST_NAME] or NOBODY


@contextmanager
def _files(what: str, found: Registered) -> Iterator[Any]:
    """Give a function that brings one named file of a version here."""
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    place = client().get_model_version_download_uri(found.model, str(found.version))
    if not place.startswith(OWN_PLACES):
        raise ExternalError(
            f"{what} lies at {place}, and only files that were logged in MLflow are taken in. "
            f"{how_to_log(found.model)}"
        )
    server = client().tracking_uri
    with tempfile.TemporaryDirectory(prefix="airlock-external-") as folder:

        def fetch(name: str) -> Path:
            try:
                uri = f"{place}/{name}"
                return Path(download_artifacts(artifact_uri=uri, dst_path=folder, tracking_uri=server))
            except (MlflowException, OSError) as error:
                raise ExternalError(
                    f"{what} has no file {name} in MLflow: {error}. {how_to_log(found.model)}"
                ) from error

        yield fetch


def _flavor(what: str, model: str, path: Path) -> dict[str, Any]:
    """Return what MLmodel says of the scikit-learn flavor; refuse every format but skops."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        flavors = dict(said["flavors"])
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise ExternalError(
            f"{what} has an MLmodel that cannot be read: {error}. {how_to_log(model)}"
        ) from error
    flavor = flavors.get("sklearn")
    if not isinstance(flavor, dict):
        kinds = ", ".join(sorted(str(name) for name in flavors)) or "nothing"
        raise ExternalError(f"{what} is no scikit-learn model: MLflow has it as {kinds}. {how_to_log(model)}")
    if (form := flavor.get("serialization_format")) != "skops":
        raise ExternalError(
            f"{what} was saved as {form}, and loading that would run whatever its maker wrote into it. Only "
            f"skops is loaded. {how_to_log(model)}"
        )
    return flavor


def _other_library(flavor: dict[str, Any]) -> tuple[str, ...]:
    from sklearn import __version__ as installed

    saved = str(flavor.get("sklearn_version"))
    if saved == installed:
        return ()
    return (f"It was saved by scikit-learn {saved}, and {installed} runs it.",)
