"""Whatever columns and values are called, the drafted files are YAML that says it."""

from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from airlock.onboarding.columns import columns_of
from airlock.onboarding.draft import Draft
from airlock.onboarding.drafting import draft_of
from airlock.onboarding.given import read_given
from airlock.onboarding.rendering import texts
from airlock.spec.yaml_file import Loader
from tests.airlock.onboarding.shop import customers, no_connection, own_include, write_csv

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Draft:
    include = own_include(tmp_path_factory.mktemp("shop"))
    file = write_csv(include / "customers.csv", customers())
    read = read_given(str(file), None, no_connection)
    return draft_of("churn", read, columns_of(read, "churned"), "churned", include)


@given(names=st.lists(TEXTS, min_size=13, max_size=13, unique=True), yes=TEXTS)
@settings(max_examples=100, deadline=None)
def test_any_names_and_values_are_what_the_files_say(draft: Draft, names: list[str], yes: str) -> None:
    assert len(draft.guesses) == len(names)
    called = {guess.look.name: name for guess, name in zip(draft.guesses, names, strict=True)}
    guesses = tuple(
        replace(guess, look=replace(guess.look, name=called[guess.look.name]), because=f"{yes} is why")
        for guess in draft.guesses
    )
    renamed = replace(
        draft,
        called=f"{yes}.csv",
        guesses=guesses,
        key=called[draft.key],
        aim_at=called["churned"],
        time=called["signed_up"],
        aim=replace(draft.aim, positive=yes, because=f"{yes} is why", metric_because=f"{yes} is rare"),
        accept={f"label_rates.{yes}": f"{yes} is rare"},
    )
    files = {name: yaml.load(text, Loader) for name, text in texts(renamed).items() if name.endswith(".yaml")}
    data = files["models/churn/model.yaml"]["data"]
    assert list(data["columns"]) == names == list(files["catalogue/churn.yaml"]["columns"])
    assert (data["entity_key"], data["target"], data["positive"]) == (renamed.key, renamed.aim_at, yes)
    assert data["event_time"] == renamed.time
    assert f"after {renamed.time} is {renamed.aim_at} known" in data["outcome_delay"]
    assert data["inspection"]["accept"] == {f"label_rates.{yes}": f"TODO: {yes} is rare"}
    asked = files["models/churn/model.yaml"]["decision"]["yes_means"]
    assert asked == f"TODO: What happens where the answer is {yes}?"


@pytest.mark.parametrize("name", ["yes", "on", "null"])
def test_a_model_whose_name_is_a_word_of_yaml_keeps_it(draft: Draft, name: str) -> None:
    named = replace(draft, name=name, catalogue=replace(draft.catalogue, name=name, purpose=name))
    files = texts(named)
    assert list(yaml.load(files[f"catalogue/{name}.yaml"], Loader)["purposes"]) == [name]
    assert yaml.load(files[f"models/{name}/model.yaml"], Loader)["data"]["catalogue"]["source"] == name
