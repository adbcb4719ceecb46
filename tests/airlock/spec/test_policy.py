"""The policy is a floor: a spec may tighten it, never loosen it."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.settings import ROOT
from airlock.spec import ModelSpec, SpecError, load_model, load_policy
from airlock.spec.data import Quarantine, Use
from airlock.spec.deployment import Deployment
from airlock.spec.fairness_floor import FairnessFloor
from airlock.spec.governance import Limit
from airlock.spec.metrics import METRICS, Task
from airlock.spec.policy import Policy, Tier, problems_under, under

LOOSER = {
    "people": ("people: 2", "people: 1", "approval.people", "at least 2", "Write 2 or more"),
    "timeout": ("timeout: 3d", "timeout: 6d", "approval.timeout", "at most 5d", "Write 5d or less"),
    "tolerance": (
        "tolerance: 0.01",
        "tolerance: 0.1",
        "gates.champion.tolerance",
        "at most 0.02",
        "0.02 or less",
    ),
    "psi": ("{psi: 0.25", "{psi: 0.3", "monitoring.drift.psi", "at most 0.25", "0.25 or less"),
    "prediction psi": (
        "prediction_psi: 0.25",
        "prediction_psi: 9",
        "monitoring.drift.prediction_psi",
        "0.25",
    ),
    "share of drifted features": (
        "share: 0.2, prediction_psi",
        "share: 1.0, prediction_psi",
        "monitoring.drift.share",
        "allows at most 0.3",
        "Write 0.3 or less",
    ),
    "rows that drift takes": (
        "share: 0.2, prediction_psi",
        "minimum_rows: 1000000, share: 0.2, prediction_psi",
        "monitoring.drift.minimum_rows",
        "allows at most 100",
        "Write 100 or less",
    ),
    "confidence": (
        "confidence: 0.8",
        "confidence: 0.7",
        "gates.champion.confidence",
        "at least 0.8",
        "Write 0.8 or more",
    ),
    "quarantine": (
        "quarantine: {share: 0.01}",
        "quarantine: {share: 0.2}",
        "data.quarantine.share",
        "at most 0.05",
        "Write 0.05 or less",
    ),
    "trainings that nights start": (
        "budget: 2",
        "budget: 3",
        "monitoring.retraining.budget",
        "allows at most 2",
        "Write 2 or less",
    ),
    "representation": (
        "  inspection:\n",
        "  inspection:\n    representation: 0.2\n",
        "data.inspection.representation",
        "asks for at least 0.7",
        "Write 0.7 or more",
    ),
    "biased records": (
        "  inspection:\n",
        "  inspection:\n    label_rate_difference: 1.0\n",
        "data.inspection.label_rate_difference",
        "allows at most 0.25",
        "Write 0.25 or less",
    ),
    "no entry of the catalogue": (
        "  catalogue: {source: lending, purpose: credit_decisions}\n",
        "",
        "data.catalogue",
        "wants data from the catalogue",
        "Add source and purpose; include/catalogue holds the entries",
    ),
    "a way past the champion": (
        "  way: canary                 # a fifth of the applications, then half of them, and only then all\n"
        "  trial: {shares: [0.2, 0.5], rows: 30, failures: 0.01, difference: 0.3, within: 2d, every: 5s}\n",
        "",
        "deployment.way",
        "does not allow full",
        "Write canary or ab",
    ),
    "weeks in which groups are compared": (
        "    window: 4w\n    minimum_rows",
        "    window: 1w\n    minimum_rows",
        "monitoring.fairness.window",
        "asks for at least 4w",
        "Write 4w or more",
    ),
    "rows that comparing groups takes": (
        "minimum_rows: 500",
        "minimum_rows: 100000",
        "monitoring.fairness.minimum_rows",
        "allows at most 1000",
        "Write 1000 or less",
    ),
    "limit between groups in production": (
        "attribute: sex, at_most: 0.10}\n    window",
        "at_most: 0.9}\n    window",
        "monitoring.fairness.limits.equalized_odds_difference",
        "asks for at_most: 0.5",
        "Tighten",
    ),
    "limit between groups in the policy's name": (
        "attribute: sex, at_most: 0.10}\n    window",
        "attribute: sex, at_most: 0.10, origin: policy}\n    window",
        "monitoring.fairness.limits.equalized_odds_difference.origin",
        "Leave it out",
    ),
    "limit": (
        "roc_auc, at_least: 0.70",
        "roc_auc, at_least: 0.6",
        "gates.limits.roc_auc",
        "at_least: 0.65",
        "Tighten",
    ),
    "limit in the policy's name": (
        "at_least: 0.70",
        "at_least: 0.70, origin: policy",
        "roc_auc.origin",
        "Leave it out",
    ),
}
PEOPLE = [f"person{number}" for number in range(5)]


@pytest.fixture(scope="module")
def spec() -> ModelSpec:
    return load_model(ROOT / "include", "credit_risk")


@pytest.mark.parametrize("case", LOOSER.values(), ids=LOOSER.keys())
def test_a_looser_spec_is_refused(refusal: Callable[..., str], case: tuple[str, ...]) -> None:
    old, new, *said = case
    message = refusal(old, new)
    assert len(message.splitlines()) == 1
    for words in said:
        assert words in message


def test_a_person_must_decide_where_the_policy_says_so(edited: Callable[..., object], include: Path) -> None:
    policy = include / "policies" / "high.yaml"
    policy.write_text(policy.read_text().replace("automatic_retraining: true", "automatic_retraining: false"))
    with pytest.raises(
        SpecError, match=r"monitoring.retraining.automatic: .* wants a person to decide\. Write false"
    ):
        load_model(include, "credit_risk")
    assert not edited("automatic: true", "automatic: false").monitoring.retraining.automatic


def test_the_policys_own_limits_are_added_and_say_whose_they_are(spec: ModelSpec) -> None:
    limits = {(limit.metric, limit.origin): limit for limit in spec.gates.limits}
    assert limits["calibration_error", "policy"].at_most == 0.10
    assert limits["roc_auc", "spec"].at_least == 0.70
    assert ("roc_auc", "policy") not in limits


def test_the_policys_disparities_hold_in_production_too(spec: ModelSpec) -> None:
    assert spec.monitoring.fairness is not None
    limits = {(one.metric, one.attribute): one for one in spec.monitoring.fairness.limits}
    assert limits["calibration_difference", None].origin == "policy"
    assert limits["calibration_difference", None].at_most == 0.15
    assert limits["equalized_odds_difference", "sex"].at_most == 0.10
    assert ("roc_auc", None) not in limits


def test_a_high_tier_model_with_groups_watches_them() -> None:
    policy, spec = load_policy(ROOT / "include", Tier.HIGH), load_model(ROOT / "include", "credit_risk")
    monitoring = spec.monitoring.model_copy(update={"fairness": None, "performance": None})
    problems = problems_under(policy, spec.model_copy(update={"monitoring": monitoring}))
    assert "monitoring.fairness" in {problem.key for problem in problems}
    columns = {name: one for name, one in spec.data.columns.items() if name not in spec.data.protected}
    nobody = spec.data.model_copy(update={"columns": columns})
    without = spec.model_copy(update={"monitoring": monitoring, "data": nobody})
    assert "monitoring.fairness" not in {problem.key for problem in problems_under(policy, without)}


def test_errors_of_groups_need_outcomes_to_be_asked_for() -> None:
    policy, spec = load_policy(ROOT / "include", Tier.HIGH), load_model(ROOT / "include", "credit_risk")
    watched = spec.monitoring.fairness
    assert watched is not None
    parity = watched.model_copy(update={"limits": (Limit.model_validate(PARITY),)})
    monitoring = spec.monitoring.model_copy(update={"fairness": parity, "performance": None})
    problems = problems_under(policy, spec.model_copy(update={"monitoring": monitoring}))
    assert [problem.key for problem in problems if "monitoring" in problem.key] == ["monitoring.performance"]


def test_a_missing_policy_stops_the_models_of_its_tier(include: Path) -> None:
    (include / "policies" / "high.yaml").unlink()
    with pytest.raises(SpecError, match=r"high.yaml: file: is missing"):
        load_model(include, "credit_risk")


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("\npeople:", "\npeopel:", "peopel: is not a key Airlock knows. Did you mean 'people'?"),
        ("calibration_error", "rmse", "limits.binary.rmse: is no metric of this task"),
        ("approval_timeout: 5d", "approval_timeout: 5 days", "approval_timeout: '5 days' has no unit"),
        ("binary:", "binry:", "limits.binry"),
        (
            "[affected,",
            "[afected,",
            "impact: 'afected' is no key of impact.yaml. Known keys: affected, harms",
        ),
        ("catalogue: true", "catalogue: perhaps", "catalogue: 'perhaps' does not fit"),
        ("confidence: 0.8", "confidence: 80", "champion_confidence: 80 does not fit"),
    ],
)
def test_a_wrong_policy_is_told_like_a_wrong_spec(
    refusal: Callable[..., str], include: Path, old: str, new: str, said: str
) -> None:
    message = refusal(old, new, file="policies/high.yaml")
    assert message.startswith(str(include / "policies" / "high.yaml"))
    assert said in message


CREDIT = load_model(ROOT / "include", "credit_risk").model_dump(mode="json") | {"name": "credit_risk"}
DEPLOYMENTS = [{}, {"way": "shadow"}, {"way": "canary"}, {"way": "ab", "trial": {"within": "100d"}}]
WAYS = ("full", "shadow", "canary", "ab")
bounds = st.floats(0, 1, allow_nan=False)
confidences = st.floats(0.5, 1, exclude_max=True)
shares = st.floats(0, 1, exclude_max=True)
windows = st.integers(1, 60).map(lambda days: timedelta(days=days))
PARITY = {"metric": "demographic_parity_ratio", "at_least": 0.8}


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    side = draw(st.sampled_from(["at_least", "at_most"]))
    return Limit.model_validate(
        {"metric": draw(st.sampled_from(sorted(METRICS[Task.BINARY]))), side: draw(bounds)}
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    return Policy(
        people=draw(st.integers(0, 5)),
        approval_timeout=timedelta(minutes=draw(st.integers(1, 50_000))),
        champion_tolerance=draw(bounds),
        champion_confidence=draw(confidences),
        quarantine_share=draw(shares),
        catalogue=draw(st.booleans()),
        automatic_retraining=draw(st.booleans()),
        ways=tuple(draw(st.lists(st.sampled_from(WAYS), unique=True))),
        retraining_budget=draw(st.integers(1, 5)),
        drift_psi=draw(st.floats(0.01, 2)),
        drift_share=draw(shares),
        drift_rows=draw(st.integers(20, 1000)),
        fairness=draw(
            st.none() | st.builds(FairnessFloor, window=windows, minimum_rows=st.integers(100, 999))
        ),
        limits={Task.BINARY: tuple(draw(st.lists(limits(), max_size=4)))},
    )


@st.composite
def specs(draw: st.DrawFn) -> ModelSpec:
    content = deepcopy(CREDIT)
    content["approval"] = {
        "people": draw(st.integers(0, 5)),
        "timeout": f"{draw(st.integers(1, 50_000))}m",
        "approvers": PEOPLE,
    }
    content["gates"] = {
        "limits": [limit.model_dump() for limit in draw(st.lists(limits(), max_size=4))],
        "champion": {"metric": "roc_auc", "tolerance": draw(bounds), "confidence": draw(confidences)},
    }
    content["data"]["quarantine"] = {"share": draw(shares)}
    if draw(st.booleans()):
        del content["data"]["catalogue"]
    content["deployment"] = draw(st.sampled_from(DEPLOYMENTS))
    content["monitoring"]["retraining"]["automatic"] = draw(st.booleans())
    content["monitoring"]["retraining"]["budget"] = draw(st.integers(1, 5))
    content["monitoring"]["drift"]["psi"] = draw(st.floats(0.01, 2))
    content["monitoring"]["drift"]["share"] = draw(bounds)
    content["monitoring"]["drift"]["minimum_rows"] = draw(st.integers(20, 1000))
    content["monitoring"]["fairness"] = {
        "limits": [PARITY],
        "window": f"{draw(st.integers(1, 60))}d",
        "minimum_rows": draw(st.integers(100, 999)),
    }
    return ModelSpec.model_validate(content)


def passes(limits: tuple[Limit, ...], metrics: dict[str, float]) -> bool:
    """Say whether measured values meet every limit."""
    return all(
        (limit.at_least is None or metrics[limit.metric] >= limit.at_least)
        and (limit.at_most is None or metrics[limit.metric] <= limit.at_most)
        for limit in limits
    )


@given(policy=policies(), spec=specs(), data=st.data())
def test_what_is_accepted_is_never_looser_than_the_policy(
    policy: Policy, spec: ModelSpec, data: st.DataObject
) -> None:
    if problems_under(policy, spec):
        return
    assert spec.approval.people >= policy.people
    assert spec.approval.timeout <= policy.approval_timeout
    assert spec.gates.champion.tolerance <= policy.champion_tolerance
    assert spec.monitoring.drift.psi <= policy.drift_psi
    assert spec.monitoring.drift.share <= policy.drift_share
    assert spec.monitoring.drift.minimum_rows <= policy.drift_rows
    assert spec.gates.champion.confidence >= policy.champion_confidence
    assert spec.data.quarantine.share <= policy.quarantine_share
    assert spec.data.catalogue is not None or not policy.catalogue
    assert spec.deployment.way in (policy.ways or WAYS)
    assert policy.automatic_retraining or not spec.monitoring.retraining.automatic
    assert spec.monitoring.retraining.budget <= policy.retraining_budget
    watched = spec.monitoring.fairness
    assert watched is not None
    assert policy.fairness is None or watched.window >= policy.fairness.window
    assert policy.fairness is None or watched.minimum_rows <= policy.fairness.minimum_rows
    metrics = data.draw(st.fixed_dictionaries(dict.fromkeys(METRICS[Task.BINARY], bounds)))
    if passes(under(policy, spec).gates.limits, metrics):
        assert passes(policy.limits[Task.BINARY], metrics)


@given(policy=policies(), spec=specs())
def test_a_spec_as_tight_as_the_policy_is_accepted(policy: Policy, spec: ModelSpec) -> None:
    tight = spec.model_copy(
        update={
            "approval": spec.approval.model_copy(
                update={"people": policy.people, "timeout": policy.approval_timeout}
            ),
            "gates": spec.gates.model_copy(
                update={
                    "limits": (),
                    "champion": spec.gates.champion.model_copy(
                        update={
                            "tolerance": policy.champion_tolerance,
                            "confidence": policy.champion_confidence,
                        }
                    ),
                }
            ),
            "deployment": Deployment(way=(policy.ways or WAYS)[0]),
            "data": spec.data.model_copy(
                update={
                    "quarantine": Quarantine(share=policy.quarantine_share),
                    "catalogue": Use(source="lending", purpose="credit_decisions"),
                }
            ),
            "monitoring": spec.monitoring.model_copy(
                update={
                    "drift": spec.monitoring.drift.model_copy(
                        update={
                            "psi": policy.drift_psi,
                            "prediction_psi": policy.drift_psi,
                            "share": policy.drift_share,
                            "minimum_rows": policy.drift_rows,
                        }
                    ),
                    "fairness": spec.monitoring.fairness
                    and spec.monitoring.fairness.model_copy(
                        update=dict(policy.fairness) if policy.fairness else {}
                    ),
                    "retraining": spec.monitoring.retraining.model_copy(
                        update={
                            "automatic": policy.automatic_retraining,
                            "budget": policy.retraining_budget,
                        }
                    ),
                }
            ),
        }
    )
    assert problems_under(policy, tight) == ()


def test_the_projects_tiers_grow_stricter() -> None:
    minimal, limited, high = (load_policy(ROOT / "include", tier) for tier in Tier)
    assert minimal.people < limited.people < high.people
    assert minimal.approval_timeout >= limited.approval_timeout >= high.approval_timeout
    assert minimal.retraining_budget >= limited.retraining_budget >= high.retraining_budget
    assert minimal.drift_psi >= limited.drift_psi >= high.drift_psi
    assert minimal.drift_share >= limited.drift_share >= high.drift_share
    assert minimal.drift_rows >= limited.drift_rows >= high.drift_rows


def test_a_high_tier_model_says_what_yes_means() -> None:
    policy, spec = load_policy(ROOT / "include", Tier.HIGH), load_model(ROOT / "include", "credit_risk")
    watched = spec.monitoring.fairness
    assert watched is not None
    own = tuple(limit for limit in watched.limits if limit.origin == "spec")
    fairness = watched.model_copy(update={"limits": own})
    changed = {
        "decision": None,
        "gates": spec.gates.model_copy(update={"limits": ()}),
        "monitoring": spec.monitoring.model_copy(update={"fairness": fairness}),
    }
    (problem,) = problems_under(policy, spec.model_copy(update=changed))
    assert str(problem) == (
        "decision: The policy of the tier high wants to know what yes means for a person. Add yes_means."
    )
