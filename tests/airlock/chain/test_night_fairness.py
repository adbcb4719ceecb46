"""Groups in a night: the source is asked who people are, and what is found is an incident of its own."""

from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from airlock.chain.night_incidents import MEND, Look, note_night
from airlock.chain.retraining import retraining
from airlock.data.outcomes import filled
from airlock.governance import incidents
from airlock.spec import ModelSpec
from airlock.spec.fairness import Fairness
from tests.airlock.chain.nights import AT, scored, watched
from tests.airlock.lender import A_DAY_S_LOANS, ALSO_CALM, CALM, Lender, Trained, deployed

LOOK = Look("loans.monitor/scheduled__then", AT, None)
#: No two groups are this much alike.
IMPOSSIBLE = {"metric": "demographic_parity_ratio", "at_least": 1.5}
KEPT = {"metric": "demographic_parity_ratio", "at_least": 0.01}


@pytest.fixture
def champion(trained: Trained, engine: Engine) -> Engine:
    """A database whose champion is version 1."""
    deployed(engine, trained.package("linear"))
    return engine


def comparing(spec: ModelSpec, *limits: dict[str, Any], **asked: Any) -> ModelSpec:
    fairness = Fairness.model_validate({"limits": limits, "minimum_rows": 100, "window": "2d"} | asked)
    monitoring = spec.monitoring.model_copy(update={"fairness": fairness})
    return spec.model_copy(update={"monitoring": monitoring})


def test_answers_and_errors_are_compared_by_what_the_source_says_of_people(
    lender: Lender, champion: Engine
) -> None:
    scored(lender, champion, CALM, ALSO_CALM)
    night = watched(lender, champion, ALSO_CALM, comparing(lender.spec, KEPT))
    seen = night.measures["fairness"]
    assert (seen["answers"]["rows"], seen["answers"]["answers"]) == (2 * A_DAY_S_LOANS, 2 * A_DAY_S_LOANS)
    assert (seen["outcomes"]["rows"], seen["judged"]) == (A_DAY_S_LOANS, True)
    (sexes,) = seen["answers"]["attributes"]
    rows = {group["group"]: group["rows"] for group in sexes["groups"]}
    with lender.warehouse.connect() as conn:
        own = "SELECT sex, count(*) FROM loans WHERE asked_at >= :start AND asked_at < :end GROUP BY sex"
        said = conn.execute(sa.text(own), {"start": CALM.replace(day=CALM.day - 1), "end": ALSO_CALM})
        assert rows == dict(said.all())
    assert [one for one in night.findings if one["kind"] == "fairness"] == []


def test_without_limits_nothing_is_asked_of_the_source(lender: Lender, champion: Engine) -> None:
    scored(lender, champion, CALM)
    assert watched(lender, champion, CALM).measures["fairness"] is None


def test_groups_that_lie_apart_are_an_incident_that_no_training_is_asked_for(
    lender: Lender, champion: Engine
) -> None:
    scored(lender, champion, CALM, ALSO_CALM)
    strict = comparing(lender.spec, IMPOSSIBLE)
    night = watched(lender, champion, CALM, strict)
    assert [(one["kind"], one["column"]) for one in night.findings] == [
        ("fairness", "demographic_parity_ratio/sex")
    ]
    (opened,) = note_night(strict, night, LOOK, champion)
    assert (opened.kind, opened.key) == ("fairness", "night/loans/fairness")
    assert opened.facts["mend"] == MEND["fairness"]
    said = retraining(strict, night, run_id="scheduled__then", engine=champion, store=lender.store)
    assert said.cause is None
    kept = comparing(lender.spec, KEPT)
    note_night(kept, watched(lender, champion, ALSO_CALM, kept), LOOK, champion)
    with champion.connect() as conn:
        assert incidents.open_ones(conn, "loans") == ()


def test_a_night_with_too_few_people_proves_no_recovery(lender: Lender, champion: Engine) -> None:
    scored(lender, champion, CALM, ALSO_CALM)
    strict = comparing(lender.spec, IMPOSSIBLE)
    note_night(strict, watched(lender, champion, CALM, strict), LOOK, champion)
    few = comparing(lender.spec, IMPOSSIBLE, minimum_rows=10_000)
    later = watched(lender, champion, ALSO_CALM, few)
    assert later.measures["fairness"]["answers"]["reason"] == "There are 480 rows; 10000 are needed."
    note_night(few, later, LOOK, champion)
    with champion.connect() as conn:
        assert len(incidents.open_ones(conn, "loans")) == 1


def test_a_report_has_the_group_that_the_source_knows_and_none_where_it_knows_nobody() -> None:
    source = pa.table({"loan": ["a", "b"], "defaulted": [True, None], "sex": ["f", "m"]})
    reports = pa.table({"loan": ["b", "c"], "defaulted": [False, True]})
    told = filled(source, reports, ["sex"]).to_pylist()
    assert told == [
        {"loan": "a", "defaulted": True, "sex": "f"},
        {"loan": "b", "defaulted": False, "sex": "m"},
        {"loan": "c", "defaulted": True, "sex": None},
    ]
