"""Examining the chosen candidate: every part is there, and so is what would change for people."""

import shutil

import pytest

from airlock.chain.examination import EXAMINATIONS, examine
from airlock.data.snapshot import open_snapshot
from airlock.package.package import open_package
from airlock.package.predictor import Predictor
from airlock.spec.columns import Kind
from airlock.training.split import split
from tests.airlock.lender import Lender, Trained

PARTS = {
    "package", "fairness", "proxies", "slices", "robustness", "exposure", "latency", "explanation",
    "portable", "data_drift", "change",
}  # fmt: skip


@pytest.fixture(scope="module")
def beside(lender: Lender, trained: Trained) -> dict:
    """The trees, examined while the linear model serves."""
    linear, trees = (trained.package(name) for name in ("linear", "trees"))
    digest = examine(
        lender.spec, trained.lineage.snapshot, trees, champion_package=linear, store=lender.store
    )
    return lender.store.json(EXAMINATIONS, digest)


def test_every_part_is_kept(beside: dict, trained: Trained) -> None:
    assert beside.keys() == PARTS
    assert beside["package"] == trained.package("trees")
    assert {one["attribute"] for one in beside["fairness"]["attributes"]} == {"sex"}
    assert beside["explanation"]["importance"] and beside["portable"]["format"] == "onnx"


def test_it_says_which_decisions_change(beside: dict, lender: Lender, trained: Trained) -> None:
    table = open_snapshot(lender.store, trained.lineage.snapshot).table()
    rows = table.take(split(table, lender.spec).holdout)
    said = {
        name: Predictor.load(open_package(lender.store, trained.package(name)))
        .predict_table(rows)
        .predictions
        for name in ("linear", "trees")
    }
    change = beside["change"]
    assert change["rows"] == len(rows)
    assert change["changed"] == sum(a != b for a, b in zip(said["linear"], said["trees"], strict=True)) > 0
    assert change["yes"] == said["trees"].count("true") / len(rows)
    assert change["champion_yes"] == said["linear"].count("true") / len(rows)
    assert {one["group"] for one in change["groups"]} == {"f", "m"}


def test_the_new_rows_are_held_against_the_champion_s(beside: dict, lender: Lender) -> None:
    assert {one["column"] for one in beside["data_drift"]} == {
        *lender.spec.data.features,
        "score",
        "prediction",
    }


def test_without_a_champion_nothing_changes(lender: Lender, trained: Trained) -> None:
    first = lender.store.json(EXAMINATIONS, trained.found.examination)
    assert (first["change"], first["data_drift"]) == (None, None)


def test_a_champion_that_takes_a_column_as_another_kind_says_nothing_of_what_changes(
    lender: Lender, trained: Trained
) -> None:
    linear, trees = (trained.package(name) for name in ("linear", "trees"))
    with lender.store.staging() as folder:
        shutil.copytree(lender.store.folder("packages", linear), folder, dirs_exist_ok=True)
        signature = (folder / "signature.json").read_text()
        (folder / "signature.json").write_text(signature.replace('"boolean"', '"category"'))
        took = lender.store.keep("packages", folder)
    assert open_package(lender.store, took).signature.kinds["insured"] is Kind.CATEGORY
    digest = examine(lender.spec, trained.lineage.snapshot, trees, champion_package=took, store=lender.store)
    examined = lender.store.json(EXAMINATIONS, digest)
    assert (examined["change"], examined["data_drift"]) == (None, None)
