"""Mending: one step that makes what was found what the records say again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection, Engine

from airlock.chain.production.difference import Difference, Kind
from airlock.chain.production.evidence import copy_package
from airlock.chain.production.registry import lineage
from airlock.chain.production.standing import Standing, standings
from airlock.dossier.proof import PACKAGES
from airlock.governance import challengers, deployments
from airlock.governance.engine import lock
from airlock.store import Store
from airlock.training.mlflow_client import client


@dataclass(frozen=True)
class Person:
    """Who restores, why, when and in which run (`<dag id>/<run id>`)."""

    name: str
    reason: str
    at: datetime
    run: str


def mend(difference: Difference, person: Person, *, engine: Engine, store: Store) -> str:
    """Mend a restorable difference for a person, and say in a sentence what was done."""
    if difference.kind in IN_THE_RECORD:
        with engine.begin() as conn:
            lock(conn, f"deployment of {difference.model}")
            return IN_THE_RECORD[difference.kind](conn, _standing(conn, difference), person)
    with engine.connect() as conn:
        standing = _standing(conn, difference)
    return ELSEWHERE[difference.kind](difference, standing, store)


def _standing(conn: Connection, difference: Difference) -> Standing:
    return next(one for one in standings(conn) if one.model == difference.model)


def _show_alias(difference: Difference, standing: Standing, store: Store) -> str:
    alias, version = difference.facts["alias"], difference.facts["recorded"]
    if version is None:
        client().delete_registered_model_alias(standing.model, alias)
        return f"MLflow's alias {alias} of {standing.model} was removed."
    client().set_registered_model_alias(standing.model, alias, str(version))
    return f"MLflow's alias {alias} of {standing.model} points at version {version} again."


def _write_tags(difference: Difference, standing: Standing, store: Store) -> str:
    candidate = standing.registered[difference.facts["version"]]
    for name, value in lineage(candidate).items():
        client().set_model_version_tag(candidate.model, str(candidate.version), name, value)
    return f"{candidate.model} version {candidate.version} has its recorded tags in MLflow again."


def _put_package_back(difference: Difference, standing: Standing, store: Store) -> str:
    candidate = standing.registered[difference.facts["version"]]
    with store.staging() as folder:
        found = copy_package(candidate, store, folder / "whole")
        assert found, "what is restorable has a whole copy"
        store.set_aside(PACKAGES, candidate.package_digest)
        store.keep(PACKAGES, folder / "whole")
    return f"The package of {candidate.model} version {candidate.version} was put back from its dossier."


def _retire(conn: Connection, standing: Standing, person: Person) -> str:
    row = standing.champion
    assert row is not None, "an unproved champion is there"
    because = f"Restored by {person.name}: {person.reason}"
    # Not as withdrawn: that would keep its package, which a forger may have chosen, from ever coming back.
    deployments.retire(conn, row, because, person.at)
    return f"Deployment {row.id} of {row.model} was retired. {_bring_back(conn, standing, person)}"


def _bring_back(conn: Connection, standing: Standing, person: Person) -> str:
    proven = standing.proven
    if proven is None:
        return "No version serves now."
    serves = deployments.bring_back(conn, proven, at=person.at)
    deployments.log_deployed(conn, serves, by=person.name, run=person.run, reinstates=proven.id)
    return f"Version {serves.version} serves again."


def _end_challenger(conn: Connection, standing: Standing, person: Person) -> str:
    row = standing.challenger
    assert row is not None, "an unproved challenger is there"
    because = f"Restored by {person.name}: {person.reason}"
    challengers.end(conn, row, outcome="stopped", because=because, at=person.at)
    return f"Challenger {row.id} of {row.model} was ended."


IN_THE_RECORD: Mapping[Kind, Callable[[Connection, Standing, Person], str]] = {
    "unapproved_deployment": _retire,
    "champion_retired": _bring_back,
    "unapproved_challenger": _end_challenger,
}
ELSEWHERE: Mapping[Kind, Callable[[Difference, Standing, Store], str]] = {
    "alias_moved": _show_alias,
    "version_changed": _write_tags,
    "package_changed": _put_package_back,
}
