"""Scoring a night while the world moves: another spec, a version taken back, a second run, changed files."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.chain.scoring import ScoringError, plan
from airlock.data.errors import DataError
from airlock.governance import withdrawal
from airlock.governance.batch_answers import ANSWERS, KIND
from airlock.governance.passage import DeploymentRefused
from airlock.spec import ModelSpec
from airlock.spec.columns import Kind
from airlock.spec.data import Source
from airlock.store import StoreError
from tests.airlock.chain.nights import AT, finished, score, scored
from tests.airlock.lender import A_DAY_S_LOANS, CALM, Lender, deployed
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


def test_a_version_that_is_taken_back_while_it_answers_leaves_nothing(
    lender: Lender, package: str, engine: Engine
) -> None:
    deployment = deployed(engine, package, 4)
    (part,) = plan(lender.spec, interval_end=CALM, engine=engine)

    def meanwhile(name: str) -> Engine:
        with engine.begin() as conn:
            withdrawal.withdraw(conn, deployment, "It answers nonsense.", AT)
        return lender.connect(name)

    with pytest.raises(DeploymentRefused, match="Version 4 of loans was taken back since"):
        score(lender, engine, part, connect=meanwhile)
    assert (standing(engine), read_by_applications(engine)) == ([], [])


def test_a_night_that_two_runs_shared_is_of_one_version_or_not_finished(
    lender: Lender, package: str, engine: Engine
) -> None:
    two = in_two_parts(lender.spec)
    deployed(engine, package, 1)
    one_run = plan(two, interval_end=CALM, engine=engine)
    score(lender, engine, one_run[0], two)
    deployed(engine, package, 2)
    other_run = plan(two, interval_end=CALM, engine=engine)
    for part in (*other_run, one_run[1]):
        score(lender, engine, part, two)
    assert standing(engine) == [(2, 1, 2), (1, 2, 2)]
    with pytest.raises(ScoringError, match="Part 1 .* by version 2, .* planned with version 1. Clear the"):
        finished(lender, engine, one_run, two)
    with pytest.raises(ScoringError, match="Part 2 .* by version 1, .* planned with version 2"):
        finished(lender, engine, other_run, two)
    assert scored(lender, engine, CALM, spec=two) == [A_DAY_S_LOANS]
    assert standing(engine) == [(2, 1, 2), (2, 2, 2)]


def test_answers_that_were_changed_in_the_store_reach_no_application(
    lender: Lender, package: str, engine: Engine
) -> None:
    deployed(engine, package)
    scored(lender, engine, CALM)
    before = read_by_applications(engine)
    ((digest,),) = asked(engine, "SELECT answers_digest FROM batches")
    file = lender.store.root / KIND / digest / ANSWERS
    kept, table = file.read_bytes(), pq.read_table(file)
    upside_down = pc.subtract(pa.scalar(1.0), table["score"])
    pq.write_table(table.set_column(table.column_names.index("score"), "score", upside_down), file)
    with pytest.raises(StoreError, match=f"answers {digest[:12]} .* was changed"):
        scored(lender, engine, CALM)
    assert len(before) == A_DAY_S_LOANS and read_by_applications(engine) == before
    file.write_bytes(kept)
    scored(lender, engine, CALM)


def test_an_entity_in_two_parts_leaves_the_night_as_it_was_divided_before(
    lender: Lender, package: str, engine: Engine
) -> None:
    deployed(engine, package)
    scored(lender, engine, CALM)
    query = """SELECT 'the same' AS loan, asked_at, income, debt, housing, insured, sex, defaulted FROM loans
        WHERE asked_at = :start"""
    source = Source.model_validate({"sql": {"connection": "warehouse", "query": query}})
    with pytest.raises(DataError, match="gives 1 values of 'loan' more than once: the same"):
        scored(lender, engine, CALM, spec=with_data(in_two_parts(lender.spec), source=source))
    assert (1, 1, 1) in standing(engine)
    assert len(read_by_applications(engine)) == A_DAY_S_LOANS + 1
