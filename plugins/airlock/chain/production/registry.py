"""What MLflow shows, compared with the record: its aliases, and every registered version."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import httpx

from airlock.chain.production.difference import Difference, Kind, unchecked
from airlock.chain.production.standing import Registered, Standing
from airlock.digests import short
from airlock.settings import SettingsError, settings
from airlock.training.mlflow_client import client
from airlock.training.registry import CHALLENGER, CHAMPION
from airlock.training.tracking import PACKAGE_TAG

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

HIDES: tuple[Kind, ...] = ("alias_moved", "version_deleted", "version_changed")
#: A release moves an alias after its smoke test: for so long it may still show the version before.
SETTLING = timedelta(minutes=10)
ANSWER_SECONDS = 5.0
PAGE = 200


def registry_differences(standings: Sequence[Standing], *, at: datetime) -> Iterator[Difference]:
    """Yield what MLflow shows otherwise than the record; one `unchecked` where it does not answer."""
    from mlflow.exceptions import MlflowException

    url = settings().mlflow_url
    try:
        # MLflow's own client would try for minutes.
        httpx.get(f"{url}/health", timeout=ANSWER_SECONDS).raise_for_status()
        for standing in standings:
            yield from _of_model(client(), standing, at)
    except (httpx.HTTPError, MlflowException, SettingsError) as error:
        yield unchecked(
            "mlflow",
            HIDES,
            f"MLflow ({url}) cannot be asked for its aliases and versions ({_told(error)}), so they may be "
            "other than the record says.",
            "Start MLflow again; its log says more. Production does not depend on it.",
        )


def lineage(candidate: Registered) -> dict[str, str]:
    """Return the tags by which a version in MLflow must be known."""
    known = {
        PACKAGE_TAG: candidate.package_digest,
        "airlock.evidence": candidate.evidence_digest,
        "airlock.dossier": candidate.dossier_digest,
        "airlock.snapshot": candidate.snapshot_digest,
        "airlock.spec": candidate.spec_digest,
    }
    return {name: value for name, value in known.items() if value is not None}


def _of_model(mlflow: "MlflowClient", standing: Standing, at: datetime) -> Iterator[Difference]:
    aliases = _aliases(mlflow, standing.model)
    if aliases is None:
        if standing.registered:
            yield _model_deleted(standing)
        return
    found = _versions(mlflow, standing.model)
    for number, candidate in standing.registered.items():
        if number not in found:
            yield _deleted(candidate)
        elif difference := _changed(candidate, found[number]):
            yield difference
    for alias in (CHAMPION, CHALLENGER):
        if difference := _moved(standing, alias, aliases.get(alias), found, at):
            yield difference


def _aliases(mlflow: "MlflowClient", model: str) -> Mapping[str, int] | None:
    """Return a registered model's aliases, or None where MLflow does not know the model."""
    from mlflow.exceptions import MlflowException

    try:
        known = mlflow.get_registered_model(model)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
    return {alias: int(version) for alias, version in known.aliases.items()}


def _versions(mlflow: "MlflowClient", model: str) -> dict[int, "ModelVersion"]:
    found: dict[int, ModelVersion] = {}
    token: str | None = None
    while token is None or token:
        page = mlflow.search_model_versions(f"name = '{model}'", max_results=PAGE, page_token=token)
        found |= {int(version.version): version for version in page}
        token = page.token or ""
    return found


def _wanted(standing: Standing, at: datetime) -> dict[str, tuple[int | None, tuple[int | None, ...]]]:
    """Return the version that each alias must point at, and what it may still point at meanwhile."""
    champion, beside = standing.proven, None if standing.challenger_refusal else standing.challenger
    if champion is None and standing.champion and standing.logged == standing.champion.id:
        champion = standing.champion  # its records were changed, which is an incident of its own
    soon = champion is not None and at - champion.deployed_at < SETTLING
    late: tuple[int | None, ...] = (standing.challenger_before,)
    if beside is not None:
        late = (*late, None) if at - beside.started_at < SETTLING else ()
    return {
        CHAMPION: (champion.version if champion else None, (standing.before,) if soon else ()),
        CHALLENGER: (beside.version if beside else None, late),
    }


def _moved(
    standing: Standing, alias: str, shown: int | None, found: Mapping[int, object], at: datetime
) -> Difference | None:
    wanted, meanwhile = _wanted(standing, at)[alias]
    if shown == wanted or shown in meanwhile or (wanted is not None and wanted not in found):
        return None  # that a version was deleted is told as what it is
    serves = "serves" if alias == CHAMPION else "runs beside the champion"
    says = f"version {wanted} {serves}" if wanted else f"nothing {serves}"
    points = f"points at version {shown}" if shown else "is missing"
    return Difference(
        "alias_moved",
        f"{standing.model}/{alias}",
        standing.model,
        f"MLflow's alias {alias} of {standing.model} {points}, and {says} by right. Production follows the "
        "records; people who look into MLflow are misled.",
        f"A restore points the alias at version {wanted}." if wanted else "A restore removes the alias.",
        restorable=True,
        facts={"alias": alias, "recorded": wanted, "found": shown},
    )


def _model_deleted(standing: Standing) -> Difference:
    versions = sorted(standing.registered)
    served = [number for number in versions if standing.registered[number].served]
    return Difference(
        "version_deleted",
        f"{standing.model}/all",
        standing.model,
        f"MLflow no longer knows the model {standing.model}, of which the record has the versions "
        f"{_listed(versions)}{'; ' + _listed(served) + ' served in production' if served else ''}.",
        "Restore MLflow's database from its backup: new versions would be numbered from 1 again, which the "
        "records refuse. Packages and dossiers are in the evidence store, and production goes on answering.",
        facts={"versions": versions, "served": served},
    )


def _deleted(candidate: Registered) -> Difference:
    served = "It served in production." if candidate.served else "It was never in production."
    return Difference(
        "version_deleted",
        f"{candidate.model}/{candidate.version}",
        candidate.model,
        f"{candidate.model} version {candidate.version} was deleted in MLflow; the record says that it was "
        f"registered with package {short(candidate.package_digest)}. {served}",
        "MLflow never gives a number twice, so nothing brings it back there but a backup of MLflow's "
        "database. Its package, dossier and records are kept, and production does not need MLflow. Find out "
        "who deleted it; run restore with that as the reason, which accepts it.",
        facts={
            "version": candidate.version,
            "package_digest": candidate.package_digest,
            "served": candidate.served,
        },
    )


def _changed(candidate: Registered, version: "ModelVersion") -> Difference | None:
    wrong = {
        name: {"recorded": value, "found": version.tags.get(name)}
        for name, value in lineage(candidate).items()
        if version.tags.get(name) != value
    }
    if version.run_id != candidate.mlflow_run_id:
        wrong["run"] = {"recorded": candidate.mlflow_run_id, "found": version.run_id}
    elif candidate.mlflow_run_id not in (version.source or ""):
        wrong["source"] = {"recorded": f"of run {candidate.mlflow_run_id}", "found": version.source}
    if not wrong:
        return None
    restorable = wrong.keys() <= lineage(candidate).keys()
    return Difference(
        "version_changed",
        f"{candidate.model}/{candidate.version}",
        candidate.model,
        f"{candidate.model} version {candidate.version} in MLflow is not what was registered: its "
        f"{_listed(sorted(wrong))} differ from the record.",
        "A restore writes the recorded tags back."
        if restorable
        else "Its run or source cannot be changed in MLflow, so somebody deleted the model and made another "
        "under its number. Restore MLflow's database from its backup; production does not need MLflow.",
        restorable=restorable,
        facts={"version": candidate.version, "wrong": wrong},
    )


def _listed(items: Sequence[object]) -> str:
    return ", ".join(map(str, items))


def _told(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
