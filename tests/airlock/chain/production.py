"""A small production: two versions in MLflow, the first deployed, served by a real scoring API."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.engine import Engine

from airlock.chain.production.compare import differences
from airlock.chain.production.difference import Difference
from airlock.chain.production.mending import Person
from airlock.chain.production.noting import note
from airlock.chain.production.restoring import restore
from airlock.chain.registration import register_candidate
from airlock.governance import releases
from airlock.governance.candidates import Candidate
from airlock.governance.deployments import Deployment, deploy
from airlock.governance.engine import connect
from airlock.governance.incidents import Incident
from airlock.governance.tables import challengers, deployments
from airlock.store import Store
from airlock.training.mlflow_client import client
from airlock.training.registry import register, show_champion
from tests.airlock.chain.test_registration import ruling_of
from tests.airlock.governance.records import MOMENT, approved_release
from tests.airlock.governance.records import register as record
from tests.airlock.lender import Lender, Trained
from tests.airlock.serving.scoring_api import ScoringApi, scoring_api

MODEL = "loans"
NIGHT = "audit/scheduled__1"


@dataclass(frozen=True)
class Production:
    """What serves, and what it stands on; `champion` is version 1, `other` is registered and not released."""

    api: ScoringApi
    engine: Engine
    store: Store
    champion: Candidate
    other: Candidate
    deployed: Deployment

    @property
    def url(self) -> str:
        """Where production answers."""
        return str(self.api.client.base_url).rstrip("/")

    @property
    def mlflow(self) -> MlflowClient:
        """MLflow as anybody may use it."""
        return client()

    def differences(self, **changes: Any) -> tuple[Difference, ...]:
        """Compare; long after the deployment and without a second look, unless a test says otherwise."""
        given = {"scoring_url": self.url, "at": datetime.now(UTC), "pauses": ()}
        return differences(self.engine, self.store, **{**given, **changes})

    def incident(self, **changes: Any) -> tuple[Incident, ...]:
        """Compare as the night does, and return the open incidents of what was found."""
        found = self.differences(pauses=(0.5,), **changes)
        return note(self.engine, found, at=datetime.now(UTC), run=NIGHT)

    def restore(self, incident: Incident, **changes: Any) -> Incident:
        """Restore as mika does."""
        mika = Person("mika", "somebody tried things out", datetime.now(UTC), "restore/manual__1")
        given = {"scoring_url": self.url, "pauses": (0.5, 1.0, 2.0, 4.0, 8.0)}
        return restore(incident.id, mika, engine=self.engine, store=self.store, **{**given, **changes})

    def execute(self, statement: sa.Executable) -> Any:
        """Change the database as its owner can, past Airlock."""
        with self.engine.begin() as conn:
            return conn.execute(statement)

    def insert_deployment(self) -> int:
        """Write past Airlock that the other version serves, by a release that nobody approved."""
        self.retire()
        values = self._forged() | {"deployed_at": datetime.now(UTC)}
        made = sa.insert(deployments).values(values).returning(deployments.c.id)
        return self.execute(made).scalar_one()

    def insert_challenger(self) -> int:
        """Write past Airlock that the other version answers half of all."""
        trial = {"way": "canary", "share": 0.5, "step": 1, "started_at": MOMENT, "stepped_at": MOMENT}
        made = sa.insert(challengers).values(self._forged() | trial).returning(challengers.c.id)
        return self.execute(made).scalar_one()

    def _forged(self) -> dict[str, Any]:
        with self.engine.begin() as conn:
            release = releases.open_release(
                conn,
                candidate=self.other,
                dag_run_id=f"forged_{datetime.now(UTC)}",
                people=1,
                opened_at=MOMENT,
            )
        return {
            "model": MODEL,
            "release_id": release.id,
            "candidate_id": self.other.id,
            "version": self.other.version,
            "package_digest": self.other.package_digest,
        }

    def retire(self) -> None:
        """Write past Airlock that nothing serves."""
        now = deployments.c.retired_at.is_(None)
        retired = {"retired_at": datetime.now(UTC), "retired_because": "because I can"}
        self.execute(sa.update(deployments).where(now).values(retired))


@contextmanager
def production(lender: Lender, trained: Trained, database: str, folder: Path) -> Iterator[Production]:
    """Run it; MLflow is shared by all tests, and forgets the model before and afterwards."""
    store = Store(Path(shutil.copytree(lender.store.root, folder / "store")))
    engine = connect(database)
    ruling = ruling_of(lender, trained, lender.spec)
    shutil.copytree(lender.store.root, store.root, dirs_exist_ok=True)
    _forget()
    digests = (ruling.evidence_digest, ruling.dossier_digest)
    first = register_candidate(MODEL, *digests, store=store, engine=engine, at=MOMENT)
    other = _another(engine, trained, first)
    with engine.begin() as conn:
        deployed = deploy(conn, approved_release(conn, first), first, MOMENT)
    show_champion(MODEL, 1)
    with scoring_api(database, store.root, folder) as running:
        yield Production(running, engine, store, first, other, deployed)
    _forget()
    engine.dispose()


def _another(engine: Engine, trained: Trained, first: Candidate) -> Candidate:
    """Register the training's other candidate as version 2."""
    made = next(one for one in trained.made if one["package"] != first.package_digest)
    with engine.begin() as conn:
        candidate = record(
            conn,
            model=MODEL,
            version=2,
            package_digest=made["package"],
            mlflow_run_id=made["mlflow_run_id"],
            snapshot_digest=first.snapshot_digest,
            spec_digest=first.spec_digest,
        )
    tags = {"airlock.evidence": candidate.evidence_digest, "airlock.dossier": candidate.dossier}
    assert register(MODEL, candidate.mlflow_run_id, candidate.package_digest, tags) == 2
    return candidate


def _forget() -> None:
    try:
        client().delete_registered_model(MODEL)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
