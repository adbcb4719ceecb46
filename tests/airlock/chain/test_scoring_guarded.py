"""Scoring a night while the world moves: another spec, a version taken back, a second run, changed files."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.data.errors import DataError
from airlock.spec import ModelSpec
from airlock.spec.columns import Kind
from tests.airlock.chain.nights import scored
from tests.airlock.lender import CALM, Lender, deployed
from tests.airlock.loans import loans
from tests.airlock.packaging import fit_and_build


@pytest.fixture(scope="module")
def package(lender: Lender) -> str:
    """The digest of a package that nobody tracked."""
    return fit_and_build(lender.spec, "linear", loans(), lender.folder)[1].digest


def in_two_parts(spec: ModelSpec) -> ModelSpec:
    batch = spec.deployment.batch
    assert batch is not None
    divided = spec.deployment.model_copy(update={"batch": batch.model_copy(update={"parts": 2})})
    return spec.model_copy(update={"deployment": divided})


def with_data(spec: ModelSpec, **data: Any) -> ModelSpec:
    return spec.model_copy(update={"data": spec.data.model_copy(update=data)})


def asked(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(query))]


def standing(engine: Engine) -> list[Any]:
    found = "SELECT version, part, parts FROM batches WHERE replaced_at IS NULL ORDER BY parts, part"
    return asked(engine, found)


def read_by_applications(engine: Engine) -> list[Any]:
    return asked(engine, "SELECT entity_key, score FROM batch_scores ORDER BY 1")


@pytest.mark.parametrize(
    ("name", "kind", "taken_as"), [("insured", "number", "boolean"), ("debt", "category", "number")]
)
def test_a_feature_of_another_kind_than_the_version_takes_is_refused(
    lender: Lender, package: str, engine: Engine, name: str, kind: str, taken_as: str
) -> None:
    deployed(engine, package)
    other = {name: lender.spec.data.columns[name].model_copy(update={"kind": Kind(kind)})}
    columns = lender.spec.data.columns | other
    wrong = f"data.columns.{name}: '{name}' is {kind}; the version .* takes it as {taken_as}. Write kind"
    with pytest.raises(DataError, match=wrong):
        scored(lender, engine, CALM, spec=with_data(lender.spec, columns=columns))
    assert standing(engine) == []
