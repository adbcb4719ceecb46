"""The open incident of a night that nobody can explain, and what serves then."""

from typing import Any

import pytest
from sqlalchemy.engine import Engine

from airlock.governance.incidents import Incident
from tests.airlock.lender import Lender, deployed
from tests.airlock.loans import loans
from tests.airlock.operators.inquiring import SCORE, of_kind, watched
from tests.airlock.packaging import fit_and_build


@pytest.fixture(scope="session")
def packages(lender: Lender) -> tuple[str, str]:
    """Two packages of the lender's model."""
    _, linear = fit_and_build(lender.spec, "linear", loans(), lender.folder)
    _, trees = fit_and_build(lender.spec, "trees", loans(), lender.folder)
    return linear.digest, trees.digest


@pytest.fixture
def incident(installation: Lender, engine: Engine) -> Incident:
    """The open incident of a night whose cause is unclear, of version 2."""
    watched(engine, SCORE, version=2)
    return of_kind(engine)


@pytest.fixture
def two(incident: Incident, engine: Engine, packages: tuple[str, str]) -> Engine:
    """Version 2 serves, and version 1 did before."""
    for version, package in enumerate(packages, start=1):
        deployed(engine, package, version)
    return engine


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was put before people; Airflow's supervisor would write it to its database."""
    put: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "airflow.providers.standard.operators.hitl.upsert_hitl_detail", lambda **detail: put.append(detail)
    )
    return put
