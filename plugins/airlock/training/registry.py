"""The registry: candidates that passed their gates, as versions in MLflow.

Production follows the deployment record, never the registry.
"""

from collections.abc import Mapping

from airlock.governance.reproductions import Reproduction
from airlock.training.mlflow_client import client
from airlock.training.tracking import ARTIFACT, PACKAGE_TAG

CHAMPION = "champion"


class RegistryError(Exception):
    """What is to be registered is not what was tracked."""


def register(model: str, mlflow_run_id: str, package_digest: str, tags: Mapping[str, str]) -> int:
    """Make a tracked training a version of the registered model and return its number.

    A run is registered once: doing it again returns the same number. No alias is moved.

    Raises
    ------
    RegistryError
        When the run was tracked with another package than the one that passed the gates.
    """
    from mlflow.exceptions import MlflowException

    mlflow = client()
    run = mlflow.get_run(mlflow_run_id)
    tracked = run.data.tags.get(PACKAGE_TAG)
    if tracked != package_digest:
        raise RegistryError(
            f"MLflow run {mlflow_run_id} was tracked with package {tracked}, and {package_digest} passed the "
            "gates. Start the training again; nothing was registered."
        )
    try:
        mlflow.create_registered_model(model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    found = [
        int(version.version)
        for version in mlflow.search_model_versions(f"name = '{model}' and run_id = '{mlflow_run_id}'")
        if version.tags.get(PACKAGE_TAG) == package_digest
    ]
    if found:
        return min(found)
    lineage = {name: value for name, value in run.data.tags.items() if name.startswith("airlock.")}
    made = mlflow.create_model_version(
        model,
        source=f"{run.info.artifact_uri}/{ARTIFACT}",
        run_id=mlflow_run_id,
        tags={**lineage, **tags, PACKAGE_TAG: package_digest},
    )
    return int(made.version)


def show_champion(model: str, version: int) -> None:
    """Point MLflow's alias `champion` at what was deployed; a signpost for people that nothing obeys."""
    client().set_registered_model_alias(model, CHAMPION, str(version))


def show_reproduction(found: Reproduction) -> None:
    """Tag a version with what came of training it again."""
    result = "identical" if found.identical else "same answers" if found.same_answers else "different"
    tags = {
        "airlock.reproduced": result,
        "airlock.reproduced_at": found.reproduced_at.isoformat(),
        "airlock.reproduction": found.sentence,
    }
    for name, value in tags.items():
        client().set_model_version_tag(found.model, str(found.version), name, value)
