"""The keys that evidence is asked for with: each way to be wrong is one message with file, key and cure."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airlock.settings import ROOT
from airlock.spec import ModelSpec, SpecError, load_model
from airlock.spec.people import PEOPLE_FILE
from tests.airlock.loans import COLUMNS, loan_spec

Told = Callable[[dict[str, Any]], list[str]]
RULE = {"feature": "income", "goes": "up", "score": "must_not_rise"}
COSTS = {"costs": {"false_positive": 1, "false_negative": 5}}
DECISION = {"yes_means": "the loan is refused"}
REGRESSION = {
    "task": "regression",
    "data": {
        "target": "debt",
        "positive": None,
        "columns": {"debt": {"role": "target"}, "defaulted": {"role": "ignored"}},
    },
    "training": {"select_by": "rmse"},
    "gates": {"limits": [], "champion": {"metric": "rmse"}},
}


def limit(**limit: Any) -> dict[str, Any]:
    return {"gates": {"limits": [limit]}}


def column(name: str, **changes: Any) -> dict[str, Any]:
    return {"data": {"columns": {name: changes}}}


def inspection(**changes: Any) -> dict[str, Any]:
    return {"data": {"inspection": changes}}


@pytest.fixture
def include(tmp_path: Path) -> Path:
    for name in ("policies", PEOPLE_FILE):
        (tmp_path / name).symlink_to(ROOT / "include" / name)
    (tmp_path / "models" / "loans").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def load(include: Path) -> Callable[[dict[str, Any]], ModelSpec]:
    """Load the loans' spec with changes laid over what its file says."""

    def loaded(changes: dict[str, Any]) -> ModelSpec:
        content = merged(loan_spec().model_dump(mode="json", exclude_none=True), changes)
        (include / "models" / "loans" / "model.yaml").write_text(json.dumps(content))
        return load_model(include, "loans")

    return loaded


@pytest.fixture
def told(load: Callable[[dict[str, Any]], ModelSpec], include: Path) -> Told:
    """What changes are refused with, line by line."""

    def refused(changes: dict[str, Any]) -> list[str]:
        with pytest.raises(SpecError) as caught:
            load(changes)
        file = include / "models" / "loans" / "model.yaml"
        return [line.removeprefix(f"{file}: ") for line in str(caught.value).splitlines()]

    return refused


def merged(content: Any, changes: Any) -> Any:
    """Return content with changes laid over it, mappings key by key."""
    if not isinstance(content, dict) or not isinstance(changes, dict):
        return changes
    return content | {key: merged(content.get(key), value) for key, value in changes.items()}


#: what is changed, the key it is told at, words of what is wrong and of the cure
WRONG: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "a decision that means nothing": ({"decision": {}}, "decision.yes_means", ("missing", "Add it")),
    "an answer nobody avoids": (
        {"decision": DECISION | {"unfavourable": "both"}},
        "decision.unfavourable",
        ("'both'", "'positive' or 'negative'"),
    ),
    "a wrong answer that pays": (
        {"decision": DECISION | {"costs": {"false_positive": 1, "false_negative": -5}}},
        "decision.costs",
        ("false_negative must cost more than true_positive", "Correct one"),
    ),
    "half of the costs": (
        {"decision": DECISION | {"costs": {"false_positive": 1}}},
        "decision.costs.false_negative",
        ("missing",),
    ),
    "a decision of a regression": (
        REGRESSION | {"decision": DECISION},
        "spec",
        ("decision is for binary tasks only", "Remove it"),
    ),
    "a rule about no feature": (
        {"rules": [RULE | {"feature": "incom"}]},
        "spec",
        ("rules speaks of 'incom', which is no feature", "Known: income, debt, housing, insured"),
    ),
    "a rule about a protected column": (
        {"rules": [RULE | {"feature": "sex", "goes": "elsewhere"}]},
        "spec",
        ("'sex', which is no feature",),
    ),
    "a number that goes elsewhere": (
        {"rules": [RULE | {"goes": "elsewhere"}]},
        "spec",
        ("income is a number, which cannot go elsewhere", "Write goes: up or down"),
    ),
    "a category that goes up": (
        {"rules": [RULE | {"feature": "housing"}]},
        "spec",
        ("housing is a category, which cannot go up", "Write goes: elsewhere"),
    ),
    "a rule without a step": (
        {"rules": [RULE | {"by": 0}]},
        "rules.0.by",
        ("0 does not fit", "greater than or equal to 0.01"),
    ),
    "a rule that all may break": (
        {"rules": [RULE | {"at_most": 1}]},
        "rules.0.at_most",
        ("or equal to 0.2",),
    ),
    "an effect of no feature": ({"effects": ["wage"]}, "spec", ("effects speaks of 'wage'", "Known: income")),
    "an effect of a category": (
        {"effects": ["housing"]},
        "spec",
        ("effects: housing is a category", "Remove it"),
    ),
    "a limit on nothing known": (
        limit(metric="beauty", at_least=1),
        "spec",
        ("gates.limits speaks of 'beauty', which is no measure of a binary model", "proxy_auc"),
    ),
    "a limit on another task's disparity": (
        limit(metric="mae_ratio", at_most=1.2),
        "spec",
        ("'mae_ratio', which is no measure of a binary model",),
    ),
    "a limit on a regression's flips": (
        merged(REGRESSION, limit(metric="flips_under_noise", at_most=0.1)),
        "spec",
        ("'flips_under_noise', which is no measure of a regression model", "shift_under_noise"),
    ),
    "an attribute of what is no disparity": (
        limit(metric="roc_auc", at_least=0.7, attribute="sex"),
        "spec",
        ("gates.limits.roc_auc is no disparity between groups", "Remove attribute"),
    ),
    "an attribute that is not protected": (
        limit(metric="accuracy_difference", at_most=0.1, attribute="housing"),
        "spec",
        ("'housing', which is no column with the role protected", "Known: sex"),
    ),
    "a mean cost without costs": (
        limit(metric="mean_cost", at_most=1) | {"decision": DECISION},
        "spec",
        ("gates.limits.mean_cost needs decision.costs", "Add them"),
    ),
    "production judged by a disparity": (
        {"monitoring": {"performance": {"limits": [{"metric": "accuracy_difference", "at_most": 0.1}]}}},
        "spec",
        ("monitoring.performance.limits speaks of 'accuracy_difference', which is no metric",),
    ),
    "a tolerance of less than nothing": (
        {"gates": {"champion": {"tolerance": -0.1}}},
        "gates.champion.tolerance",
        ("greater than or equal to 0",),
    ),
    "less sure than a coin": (
        {"gates": {"champion": {"confidence": 0.4}}},
        "gates.champion.confidence",
        ("greater than or equal to 0.5",),
    ),
    "never sure": ({"gates": {"champion": {"confidence": 1}}}, "gates.champion.confidence", ("less than 1",)),
    "bands of a category": (
        column("sex", bands=[1, 2]),
        "data.columns.sex",
        ("bands cut a protected number",),
    ),
    "bands of a feature": (column("income", bands=[1, 2]), "data.columns.income", ("bands cut a protected",)),
    "bands that fall": (
        column("income", role="protected", bands=[40, 25]),
        "data.columns.income",
        ("bands must rise", "the smallest first"),
    ),
    "a band twice": (
        column("income", role="protected", bands=[25, 25]),
        "data.columns.income",
        ("bands must rise", "Write each number once"),
    ),
    "a reason for a feature": (
        column("income", feature_because="it says a lot"),
        "data.columns.income",
        ("feature_because is for protected and identifier, not for feature", "Remove it"),
    ),
    "a reason for the target": (
        column("defaulted", feature_because="it says a lot"),
        "data.columns.defaulted",
        ("not for target",),
    ),
    "no reason at all": (
        column("sex", feature_because="why not"),
        "data.columns.sex.feature_because",
        ("at least 10 characters",),
    ),
    "an identifier without a kind": (
        column("loan", feature_because="its digits say the branch"),
        "data.columns.loan",
        ("needs a kind",),
    ),
    "an identifier that is a number": (
        column("loan", feature_because="its digits say the branch", kind="number"),
        "data.columns.loan",
        ("an identifier is read as text", "Write kind: category"),
    ),
    "a use without a purpose": (
        {"data": {"catalogue": {"source": "lending"}}},
        "data.catalogue.purpose",
        ("missing",),
    ),
    "a use with another word": (
        {"data": {"catalogue": {"source": "lending", "purpose": "x", "purposes": "y"}}},
        "data.catalogue.purposes",
        ("Did you mean 'purpose'?",),
    ),
    "all rows set aside": (
        {"data": {"quarantine": {"share": 1}}},
        "data.quarantine.share",
        ("1 does not fit", "less than 1"),
    ),
    "a population of no group": (
        inspection(population={"housing": {"own": 1}}),
        "data",
        (
            "inspection.population speaks of 'housing', which is no column with the role protected",
            "Known: sex",
        ),
    ),
    "shares that make more than all": (
        inspection(population={"sex": {"f": 0.6, "m": 0.5}}),
        "data",
        ("inspection.population.sex makes 1.1", "shares that make 1"),
    ),
    "a population without shares": (
        inspection(population={"sex": {}}),
        "data",
        ("inspection.population.sex makes 0",),
    ),
    "a finding that is let through without a reason": (
        inspection(accept={"leakage.income": None}),
        "data.inspection.accept.leakage.income",
        ("None does not fit",),
    ),
}


@pytest.mark.parametrize("changes, key, said", WRONG.values(), ids=WRONG.keys())
def test_says_key_and_cure(told: Told, changes: dict[str, Any], key: str, said: tuple[str, ...]) -> None:
    (line,) = told(changes)
    assert line.startswith(f"{key}: ")
    for words in said:
        assert words in line


def test_a_regression_of_the_loans_is_in_order(load: Callable[[dict[str, Any]], ModelSpec]) -> None:
    assert load(REGRESSION).task == "regression"


def test_everything_together_is_in_order(load: Callable[[dict[str, Any]], ModelSpec]) -> None:
    spec = load(
        {
            "decision": DECISION | COSTS,
            "rules": [RULE, RULE | {"feature": "insured", "goes": "elsewhere", "score": "must_not_change"}],
            "effects": ["income", "insured"],
            "gates": {
                "limits": [
                    {"metric": "mean_cost", "at_most": 1},
                    {"metric": "equalized_odds_difference", "at_most": 0.2},
                    {"metric": "equalized_odds_difference", "at_most": 0.1, "attribute": "sex"},
                    {"metric": "latency_ms", "at_most": 50},
                ],
                "champion": {"metric": "roc_auc", "confidence": 0.9},
            },
            "data": {
                "columns": {"debt": {"role": "protected", "bands": [1000, 5000]}},
                "catalogue": {"source": "lending", "purpose": "credit_decisions"},
                "quarantine": {"share": 0.01},
                "inspection": {"population": {"sex": {"f": 0.51, "m": 0.49}}},
            },
        }
    )
    assert spec.decision and spec.decision.threshold == pytest.approx(1 / 6)
    assert spec.data.protected == ("debt", "sex")
    assert spec.data.features == ("income", "housing", "insured")
    assert spec.data.columns["debt"].bands == (1000, 5000)
    assert spec.rules[0].sentence == "When income goes up, the score must not rise."


def test_a_reason_makes_a_protected_column_a_feature_where_it_stands() -> None:
    reason = {"feature_because": "the law sets prices by it"}
    spec = loan_spec(
        columns={"sex": COLUMNS["sex"] | reason, "loan": COLUMNS["loan"] | reason | {"kind": "category"}}
    )
    assert spec.data.features == ("loan", "income", "debt", "housing", "insured", "sex")
    assert spec.data.protected == ("sex",)
    assert (
        loan_spec(rules=[], effects=[], columns={"sex": COLUMNS["sex"] | reason}).data.features[-1] == "sex"
    )
