"""The registry: candidates that passed their gates, as versions in MLflow.

Production follows the deployment record, never the registry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airlock.governance.reproductions import Reproduction
from airlock.training.mlflow_client import client
from airlock.training.tracking import ARTIFACT, PACKAGE_TAG

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True)
class Sign:
    """What people read of one version in MLflow; `standing` is a sentence, `dossier` an address."""

    version: int
    title: str
    purpose: str
    owner: str
    tier: str
    trained_by: str
    cause: str
    dossier: str
    state: str
    standing: str
    decided_at: str
    approved_by: str

    @property
    def tags(self) -> dict[str, str]:
        """What can be searched for in MLflow; a tag that has nothing to say is empty."""
        shown = ("title", "owner", "tier", "state", "standing", "decided_at", "approved_by")
        return {f"airlock.{name}": getattr(self, name) for name in shown} | {
            "airlock.dossier_page": self.dossier
        }

    @property
    def description(self) -> str:
        """What the version's page begins with, as Markdown."""
        read = f"[Dossier]({self.dossier})" if self.dossier else "It has no dossier."
        return f"{self.standing}\n\nTrained by {self.trained_by}, because: {self.cause}\n\n{read}"


class RegistryError(Exception):
    """What is to be registered is not what was tracked, or MLflow does not show what it is to show."""


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


def show_signs(model: str, signs: Sequence[Sign], *, challenger: int | None) -> None:
    """Write what people read of versions and of the model, and point the alias `challenger`, or take it away.

    The first sign is the one whose title and purpose describe the model.

    Raises
    ------
    RegistryError
        When MLflow does not take it.
    """
    mlflow = client()
    from mlflow.exceptions import MlflowException

    try:
        for sign in signs:
            _show(mlflow, model, sign)
        if signs:
            mlflow.update_registered_model(model, description=f"{signs[0].title}. {signs[0].purpose}")
            mlflow.set_registered_model_tag(model, "airlock.owner", signs[0].owner)
            mlflow.set_registered_model_tag(model, "airlock.tier", signs[0].tier)
        if challenger is not None:
            mlflow.set_registered_model_alias(model, CHALLENGER, str(challenger))
        elif CHALLENGER in mlflow.get_registered_model(model).aliases:
            mlflow.delete_registered_model_alias(model, CHALLENGER)
    except MlflowException as error:
        raise RegistryError(f"MLflow does not take what is to be shown of {model}: {error}") from error


def _show(mlflow: "MlflowClient", model: str, sign: Sign) -> None:
    for name, value in sign.tags.items():
        mlflow.set_model_version_tag(model, str(sign.version), name, value)
    mlflow.update_model_version(model, str(sign.version), description=sign.description)


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
