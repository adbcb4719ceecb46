"""What every file in include/ must keep to, whoever writes the next one."""

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from airlock.chain.admission import admit
from airlock.data.suite import load_suite
from airlock.mail.facts import FACTS
from airlock.settings import ROOT
from airlock.spec import ModelSpec, load_model, load_policy, model_names
from airlock.spec.catalogue import entry_names, load_entry
from airlock.spec.metrics import MEASURES
from airlock.spec.people import Act, load_people
from airlock.spec.policy import Tier
from airlock.training.estimator import estimator_for
from airlock.usercode import resolve

INCLUDE = ROOT / "include"
MODELS = INCLUDE / "models"
MAILS = INCLUDE / "templates" / "mail"
SPEC_PAGE = ROOT / "docs" / "spec.md"
NAMES = model_names(MODELS)


@pytest.fixture(scope="module", params=NAMES)
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    return load_model(INCLUDE, request.param)


def candidates() -> list[tuple[str, str]]:
    return [
        (name, candidate) for name in NAMES for candidate in load_model(INCLUDE, name).training.candidates
    ]


def keys_in(value: object, path: str = "") -> set[str]:
    """Return the keys of a spec as written, those of open mappings left out."""
    if not isinstance(value, dict):
        return set().union(*(keys_in(item, path) for item in value)) if isinstance(value, list) else set()
    people_s_own = ("parameters", "space", "arguments", "population", "accept")
    found: set[str] = set()
    for key, below in value.items():
        if not path.endswith(("columns", "candidates", "indicators", *people_s_own)):
            found.add(key)
        if not path.endswith(people_s_own):
            found |= keys_in(below, f"{path}.{key}")
    return found


def test_everybody_has_a_part_to_play() -> None:
    people = load_people(INCLUDE)
    assert all(people.who_may(act) for act in Act), "an act that nobody may do"


def test_there_are_models() -> None:
    assert {"credit_risk", "tumour_diagnosis"} <= set(NAMES)


def test_a_spec_says_who_answers_for_what(spec: ModelSpec) -> None:
    assert len(spec.purpose.split()) > 10, "say what the model is for, and what it is not for"
    assert spec.alerts.to
    assert set(spec.training.candidates) > set(), "and at least one algorithm"


def test_a_spec_s_digest_is_the_same_every_time(spec: ModelSpec) -> None:
    assert load_model(INCLUDE, spec.name).digest == spec.digest


def test_a_suite_speaks_of_the_spec_s_columns_only(spec: ModelSpec) -> None:
    suite = load_suite(MODELS / spec.name / "expectations.json")
    spoken_of = {name for expectation in suite.expectations for name in expectation.columns}
    assert spoken_of <= set(spec.data.read)
    critical = {name for one in suite.expectations if one.severity == "critical" for name in one.columns}
    assert {spec.data.entity_key, spec.data.target} <= critical, (
        "what joins and what is learnt must be checked"
    )


def test_no_protected_column_reaches_an_estimator(spec: ModelSpec) -> None:
    assert not set(spec.data.features) & {*spec.data.protected, spec.data.target, spec.data.entity_key}


def test_a_model_would_be_admitted(spec: ModelSpec) -> None:
    said = admit(spec, include=INCLUDE).to_json()
    assert (said["catalogue"] is not None) == (spec.data.catalogue is not None)


@pytest.mark.parametrize("entry", entry_names(INCLUDE))
def test_an_entry_of_the_catalogue_can_be_read(entry: str) -> None:
    assert load_entry(INCLUDE, entry).columns


@pytest.mark.parametrize(("model", "candidate"), candidates())
def test_an_estimator_can_be_made(model: str, candidate: str) -> None:
    estimator, given = estimator_for(load_model(INCLUDE, model), candidate, models=MODELS)
    assert hasattr(estimator, "fit") and hasattr(estimator, "predict")
    space = load_model(INCLUDE, model).training.candidates[candidate].search
    assert set(space.space if space else {}) <= set(estimator.get_params())
    assert given.keys() <= estimator.get_params().keys()


@pytest.mark.parametrize("model", [name for name in NAMES if load_model(INCLUDE, name).data.source.callable])
def test_a_function_that_is_a_source_takes_what_it_will_be_given(model: str) -> None:
    source = load_model(INCLUDE, model).data.source.callable
    assert source is not None
    inspect.signature(resolve(source.function, MODELS)).bind(
        start=None, end=None, as_of=None, **source.arguments
    )


@pytest.mark.parametrize("model", NAMES)
def test_every_key_that_is_used_is_explained(model: str) -> None:
    written = yaml.safe_load((MODELS / model / "model.yaml").read_text(encoding="utf-8"))
    explained = set(re.findall(r"`([a-z0-9_.]+)`", SPEC_PAGE.read_text(encoding="utf-8")))
    names = explained | {part for key in explained for part in key.split(".")}
    assert keys_in(written) <= names


@pytest.mark.parametrize("tier", list(Tier))
def test_a_policy_is_there_for_every_tier_and_loads(tier: Tier) -> None:
    policy = load_policy(INCLUDE, tier)
    for task, limits in policy.limits.items():
        assert {limit.metric for limit in limits} <= set(MEASURES[task])


def test_a_higher_tier_never_asks_for_less() -> None:
    minimal, limited, high = (load_policy(INCLUDE, tier) for tier in Tier)
    for lower, higher in ((minimal, limited), (limited, high)):
        assert lower.people <= higher.people
        assert lower.approval_timeout >= higher.approval_timeout
        assert lower.champion_tolerance >= higher.champion_tolerance
        assert lower.drift_psi >= higher.drift_psi
        assert lower.automatic_retraining >= higher.automatic_retraining
        assert lower.catalogue <= higher.catalogue
        assert set(lower.impact) <= set(higher.impact)
        assert lower.champion_confidence <= higher.champion_confidence
        assert lower.quarantine_share >= higher.quarantine_share


def test_every_mail_has_its_templates_and_there_are_no_others() -> None:
    parts = {f"{name}.{kind}.j2" for name in FACTS for kind in ("txt", "html")}
    assert {path.name for path in MAILS.glob("[!_]*")} == parts


@pytest.mark.parametrize("name", FACTS)
def test_a_template_says_every_fact_and_asks_for_no_other(name: str) -> None:
    known = {field.name for field in fields(FACTS[name])}
    text, html = (used(MAILS / f"{name}.{kind}.j2") for kind in ("txt", "html"))
    assert text | html <= known
    assert known <= text, "the plain text leaves nothing out"


def used(template: Path) -> set[str]:
    return set(re.findall(r"\bfacts\.(\w+)", template.read_text(encoding="utf-8")))
