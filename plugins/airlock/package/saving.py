"""A fitted pipeline as an MLflow model in a folder: skops inside, no pickle, no clock, no random name."""

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import yaml

from airlock.package.fitted import Fitted
from airlock.package.package import MODEL_FILE
from airlock.package.quiet_skops import skops
from airlock.package.signature import Signature
from airlock.package.skops_file import normalise
from airlock.package.trust import importing_own_code, trusted_types
from airlock.spec.columns import Kind
from airlock.spec.metrics import Task
from airlock.usercode import PACKAGE

LIBRARIES = ("scikit-learn", "numpy", "scipy", "pandas", "skops", "mlflow")
#: What an estimator's own library is called where packages are installed, if it is none of the above.
ESTIMATORS = {"interpret": "interpret-core"}
#: What MLflow writes that is not of the model: when it was saved, and sizes of a file that is rewritten.
NOT_OF_THE_MODEL = ("utc_time_created", "model_size_bytes")


def save(fitted: Fitted, folder: Path, *, models: Path, identity: str) -> None:
    """Write a pipeline into an empty folder, with the Python files of its model's folder in code/.

    Parameters
    ----------
    fitted
        What training left.
    folder
        Where to write.
    models
        The folder that holds the model's own folder.
    identity
        A digest of what the model was made from; MLflow's model_uuid is taken from it.
    """
    with warnings.catch_warnings():
        # MLflow warns of its own type hints while it is imported.
        warnings.filterwarnings("ignore", message=".*Any type hint is inferred as AnyType")
        import mlflow.pyfunc
        import mlflow.sklearn
        from mlflow.models import Model

    model = fitted.signature.model
    with _own_code(models / model, folder.parent / f"{folder.name}-code") as code:
        mlflow.sklearn.save_model(
            fitted.pipeline,
            str(folder),
            serialization_format="skops",
            skops_trusted_types=_needed_types(fitted, folder, code),
            signature=_mlflow_signature(fitted.signature),
            pip_requirements=[f"{name}=={installed}" for name, installed in libraries(fitted).items()],
            code_paths=[str(code / PACKAGE)] if (code / PACKAGE).is_dir() else None,
            mlflow_model=Model(model_uuid=identity[:32]),
        )
    normalise(folder / MODEL_FILE)
    _forget_the_clock(folder / "MLmodel")


def libraries(fitted: Fitted) -> dict[str, str]:
    """Return the versions of the libraries a model depends on."""
    own = ESTIMATORS.get(fitted.estimator.split(".")[0])
    return {name: version(name) for name in (*LIBRARIES, *([own] if own else []))}


@contextmanager
def _own_code(source: Path, staged: Path) -> Iterator[Path]:
    """Lay the model's Python files out as MLflow puts them on the path: airlock_models/<model>/<file>.py."""
    try:
        for path in sorted(source.rglob("*.py")):
            place = staged / PACKAGE / source.name / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
        with importing_own_code(staged / PACKAGE):
            yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _needed_types(fitted: Fitted, folder: Path, code: Path) -> list[str]:
    trial = folder.parent / f"{folder.name}.skops"
    try:
        skops.io.dump(fitted.pipeline, trial)
        return trusted_types(trial, fitted.signature.model, code / PACKAGE)
    finally:
        trial.unlink(missing_ok=True)


def _mlflow_signature(signature: Signature):  # type: ignore[no-untyped-def]
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    types = {Kind.NUMBER: "double", Kind.CATEGORY: "string", Kind.BOOLEAN: "double"}
    inputs = Schema([ColSpec(types[feature.kind], feature.name) for feature in signature.features])
    answer = "double" if signature.task is Task.REGRESSION else "string"
    return ModelSignature(inputs=inputs, outputs=Schema([ColSpec(answer)]))


def _forget_the_clock(path: Path) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    kept = {key: value for key, value in content.items() if key not in NOT_OF_THE_MODEL}
    path.write_text(yaml.safe_dump(kept, sort_keys=True), encoding="utf-8")
