"""What judges a night: the spec and the suite of the first time, and what happens where they are gone."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from airlock.chain.night_rules import JUDGED_BY, KIND, NightRules, RulesUnreadable, rules_of
from airlock.data.suite import SUITE_FILE
from airlock.governance.nights import Night
from airlock.spec import ModelSpec
from airlock.store import Store, StoreError
from tests.airlock.lender import SUITE
from tests.airlock.loans import loan_spec

TODAY = loan_spec(data={"retention": "400d"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "loans").mkdir()
    write(tmp_path, SUITE)
    return tmp_path


def write(models: Path, suite: dict[str, Any]) -> None:
    (models / "loans" / SUITE_FILE).write_text(json.dumps(suite), encoding="utf-8")


def measured(rules: NightRules | None) -> Night:
    """Return the record of a night that these rules judged."""
    measures = {JUDGED_BY: rules.to_json()} if rules else {}
    return Night("loans", date(2026, 1, 9), 1, 0, measures, [], None, datetime(2026, 1, 10, tzinfo=UTC))


def of(spec: ModelSpec, recorded: Night | None, store: Store, models: Path) -> NightRules:
    return rules_of(spec, recorded, store=store, models=models)


def test_a_night_is_judged_again_by_the_spec_and_the_suite_of_the_first_time(
    store: Store, models: Path
) -> None:
    first = of(loan_spec(), None, store, models)
    write(models, SUITE | {"expectations": SUITE["expectations"][:1]})  # type: ignore[index]
    again = of(TODAY, measured(first), store, models)
    assert again == first
    assert list(again.spec.data.columns) == list(loan_spec().data.columns), "the order of columns counts"
    assert len(again.suite(models).expectations) == 3
    assert of(TODAY, None, store, models).to_json()["spec"] == TODAY.digest


def test_what_judged_a_night_of_before_is_not_known_and_the_record_says_so(
    store: Store, models: Path
) -> None:
    again = of(TODAY, measured(None), store, models)
    assert (again.spec, again.first) == (TODAY, False)
    assert of(loan_spec(), measured(again), store, models) == again


def test_rules_that_are_gone_or_were_changed_judge_nothing(store: Store, models: Path) -> None:
    recorded = measured(of(loan_spec(), None, store, models))
    (kept,) = (store.root / KIND).iterdir()
    kept.write_text(kept.read_text(encoding="utf-8").replace("loans", "boats"), encoding="utf-8")
    with pytest.raises(StoreError, match="was changed"):
        of(loan_spec(), recorded, store, models)
    kept.unlink()
    with pytest.raises(StoreError, match="is not in the evidence store .* Restore the store from its backup"):
        of(loan_spec(), recorded, store, models)


def test_a_spec_that_nobody_can_read_any_more_judges_nothing(store: Store, models: Path) -> None:
    old = store.keep_json(KIND, {"spec": json.dumps({"title": "Loans"}), "suite": "{}"})
    recorded = measured(NightRules(loan_spec(), "{}", old, first=True))
    with pytest.raises(RulesUnreadable, match="What was recorded of the night stays"):
        of(loan_spec(), recorded, store, models)
