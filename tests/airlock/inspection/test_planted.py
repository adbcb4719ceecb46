"""On the credit world, where the truth is known: what was planted is named, and nothing else is."""

from datetime import date
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from airlock.data.kinds import convert
from airlock.inspection.inspection import Inspection, inspect
from airlock.samples.credit import Episode, World, generate
from airlock.settings import ROOT
from airlock.spec import ModelSpec, load_model

START, END = date(2025, 1, 1), date(2025, 5, 1)
#: Age has a real effect in this world, which is rightly found; see the last test.
BLIND = ("age",)


@cache
def rows(scenario: str, seed: int) -> pa.Table:
    data = generate(World(seed, 60, (Episode(scenario, START),)), START, END)
    joined = data.applications.merge(data.customers, on="customer_id").merge(
        data.outcomes, on="application_id"
    )
    born, applied = joined["birth_date"], joined["applied_at"].dt.tz_localize(None)
    joined["age"] = np.floor((applied - born).dt.days / 365.25)
    columns = spec().data.columns
    return pa.table(
        {name: convert(pa.Array.from_pandas(joined[name]), columns[name]) for name in spec().data.read}
    )


@cache
def spec(without: tuple[str, ...] = ()) -> ModelSpec:
    """The project's own spec, or one that does not look at some protected columns."""
    own = load_model(ROOT / "include", "credit_risk")
    asked = own.model_dump(mode="json") | {"name": own.name}
    for name in without:
        del asked["data"]["columns"][name]
        asked["data"]["inspection"]["population"].pop(name)
        asked["data"]["inspection"]["accept"] = {}
    return ModelSpec.model_validate(asked)


def found(scenario: str, seed: int) -> Inspection:
    return inspect(spec(BLIND), rows(scenario, seed))


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_named_in_the_calm_world(seed: int) -> None:
    assert found("calm", seed).findings == ()


@pytest.mark.parametrize("seed", range(3))
def test_a_clerks_prejudice_stops_the_training_and_nothing_else_is_named(seed: int) -> None:
    inspection = found("biased_label", seed)
    assert [check.key for check in inspection.stopping] == ["label_rates.sex.female", "label_rates.sex.male"]
    assert len(inspection.findings) == 2


@pytest.mark.parametrize("scenario", ["proxy_column", "fraud_ring"])
def test_what_only_an_examination_can_see_is_not_named_here(scenario: str) -> None:
    assert found(scenario, 4).findings == ()


def test_the_projects_own_spec_passes_in_the_calm_world_and_says_that_the_young_default_more_often() -> None:
    inspection = inspect(spec(), rows("calm", 7))
    assert inspection.stopping == ()
    assert "age=under 25" in [finding.subject for finding in inspection.findings]
