"""Refitting: the champion's configuration or a clear word why not."""

from typing import Any

import pytest

from airlock.package.package import Package
from airlock.training.errors import RefitError
from airlock.training.refit import refit_of
from tests.airlock.loans import LINEAR, TREES, loan_spec, loans
from tests.airlock.packaging import fit_and_build

SPEC = loan_spec(candidates={"linear": LINEAR, "trees": TREES})


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return fit_and_build(SPEC, "trees", loans(400), tmp_path_factory.mktemp("made"))[1]


def refused(champion: Package | None, candidates: dict[str, Any]) -> str:
    with pytest.raises(RefitError) as caught:
        refit_of(loan_spec(candidates=candidates), champion)
    return str(caught.value)


def test_it_is_the_champion_s_candidate_with_all_that_was_found_for_it(champion: Package) -> None:
    refit = refit_of(SPEC, champion)
    assert refit.candidate == "trees"
    assert refit.parameters == champion.provenance["parameters"]
    assert {"learning_rate", "max_leaf_nodes", "random_state"} <= refit.parameters.keys()


def test_without_a_champion_there_is_nothing_to_refit() -> None:
    assert refused(None, {"linear": LINEAR}) == (
        "loans: there is nothing to refit: no version is in production. Start the training with mode search."
    )


def test_a_candidate_that_the_spec_no_longer_has_is_named(champion: Package) -> None:
    message = refused(champion, {"linear": LINEAR})
    assert "the champion is the candidate trees, which model.yaml no longer has. Known: linear." in message


@pytest.mark.parametrize(
    ("key", "value"),
    [("estimator", "sklearn.ensemble.RandomForestClassifier"), ("preprocessing", "one_hot")],
)
def test_a_candidate_that_is_something_else_now_is_not_the_champion_s(
    champion: Package, key: str, value: str
) -> None:
    message = refused(champion, {"trees": {**TREES, key: value}})
    assert f"training.candidates.trees.{key} is {value} now" in message
