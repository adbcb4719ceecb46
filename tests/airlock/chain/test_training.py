"""Making a candidate: from a snapshot to a package and a tracked run, once."""

from dataclasses import replace

import pytest

from airlock.chain.training import make_candidate
from airlock.data.snapshot import open_snapshot
from airlock.digests import canonical_json
from airlock.package.package import open_package
from airlock.store import StoreError
from airlock.training.mlflow_client import client
from airlock.training.split import split
from tests.airlock.lender import Lender, Trained


def test_a_candidate_s_package_says_what_it_was_made_from(lender: Lender, trained: Trained) -> None:
    package = open_package(lender.store, trained.package("linear"))
    provenance = package.provenance
    assert provenance["model"] == "loans"
    assert provenance["candidate"] == "linear"
    assert provenance["snapshot_digest"] == trained.lineage.snapshot
    assert provenance["code_version"] == "c0de"
    assert provenance["spec_digest"] == lender.spec.digest


def test_nights_are_compared_with_rows_that_the_model_never_learnt(lender: Lender, trained: Trained) -> None:
    table = open_snapshot(lender.store, trained.lineage.snapshot).table()
    holdout = table.take(split(table, lender.spec).holdout)
    package = open_package(lender.store, trained.package("linear"))
    assert package.profile()["rows"] == len(holdout) == 420
    features = list(package.signature.kinds)
    assert package.reference().select(features) == holdout.select(features)


def test_a_package_knows_the_weeks_of_all_training_data_and_the_outcomes_of_the_hold_out(
    lender: Lender, trained: Trained
) -> None:
    table = open_snapshot(lender.store, trained.lineage.snapshot).table()
    profile = open_package(lender.store, trained.package("linear")).profile()
    assert sum(week["rows"] for week in profile["seasons"].values()) == len(table)
    assert sum(one["rows"] for one in profile["classes"].values()) == profile["rows"]
    assert sum(profile["reliability"]["rows"]) == profile["rows"]


def test_the_run_in_mlflow_says_who_why_and_from_what(
    lender: Lender, trained: Trained, mlflow_url: str
) -> None:
    for one in trained.made:
        tags = client().get_run(one["mlflow_run_id"]).data.tags
        assert trained.lineage.tags("loans", lender.spec.digest).items() <= tags.items()
        assert tags["airlock.trained_by"] == "dana"
        assert tags["airlock.package"] == one["package"]


def test_what_a_task_returns_can_travel_as_json(trained: Trained) -> None:
    assert canonical_json(trained.made)
    assert [one["candidate"] for one in trained.made] == ["linear", "trees"]
    for one in trained.made:
        assert 0.7 < one["cross_validation"]["roc_auc"]["mean"] < 1


@pytest.mark.parametrize("name", ["linear", "trees"])
def test_a_task_that_runs_again_makes_the_same_and_doubles_nothing(
    lender: Lender, trained: Trained, mlflow_url: str, name: str
) -> None:
    again = make_candidate(lender.spec, name, trained.lineage, store=lender.store, models=lender.models)
    assert again == next(one for one in trained.made if one["candidate"] == name)


def test_another_run_on_the_same_data_makes_the_same_package_and_a_run_of_its_own(
    lender: Lender, trained: Trained, mlflow_url: str
) -> None:
    other = make_candidate(
        lender.spec, "linear", lender.lineage("manual__other"), store=lender.store, models=lender.models
    )
    assert other["package"] == trained.package("linear")
    assert other["mlflow_run_id"] not in {one["mlflow_run_id"] for one in trained.made}


def test_a_snapshot_that_is_not_there_trains_nothing(lender: Lender, trained: Trained) -> None:
    lineage = replace(trained.lineage, snapshot="0" * 64)
    with pytest.raises(StoreError, match="snapshots 000000000000 is not in the evidence store"):
        make_candidate(lender.spec, "linear", lineage, store=lender.store, models=lender.models)


def test_a_champion_fitted_again_on_the_same_rows_is_the_same_model_and_says_it_was_refitted(
    lender: Lender, trained: Trained, mlflow_url: str
) -> None:
    champion = open_package(lender.store, trained.package("trees"))
    again = make_candidate(
        lender.spec,
        "trees",
        lender.lineage("manual__refit"),
        store=lender.store,
        models=lender.models,
        parameters=champion.provenance["parameters"],
    )
    refitted = open_package(lender.store, again["package"])
    assert refitted.provenance == {**champion.provenance, "refitted": True}
    assert refitted.examples() == champion.examples()
