"""The smoke test, against the scoring API itself and against ones that answer otherwise."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airlock.chain.smoke import SmokeTestFailed, smoke_test
from airlock.governance.key_fields import new_key
from airlock.package.examples import LARGEST_DIFFERENCE
from airlock.package.package import Package, open_package
from tests.airlock.lender import Lender, Trained
from tests.airlock.serving.scoring_api import ScoringApi, scoring_api
from tests.airlock.wrong_api import answering_otherwise


@pytest.fixture(scope="module")
def package(lender: Lender, trained: Trained) -> Package:
    return open_package(lender.store, trained.package("linear"))


@pytest.fixture(scope="module")
def api(
    lender: Lender,
    package: Package,
    new_airlock_database: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ScoringApi]:
    """A scoring API that serves the package as version 1."""
    with scoring_api(new_airlock_database(), lender.store.root, tmp_path_factory.mktemp("logs")) as running:
        running.deploy(package, 1)
        yield running


def url(api: ScoringApi) -> str:
    return str(api.client.base_url)


def test_production_that_answers_as_the_package_does_passes(api: ScoringApi, package: Package) -> None:
    smoke_test(url(api), package, version=1)
    assert {(row.purpose, row.version) for row in api.logged("purpose, version")} == {("smoke_test", 1)}


def test_a_version_that_does_not_serve_in_time_fails(api: ScoringApi, package: Package) -> None:
    with pytest.raises(SmokeTestFailed, match=r"does not serve loans version 2: \(1, '[0-9a-f]{64}'\)"):
        smoke_test(url(api), package, version=2, patience=0)


def test_the_right_number_on_another_package_fails(api: ScoringApi, lender: Lender, trained: Trained) -> None:
    other = open_package(lender.store, trained.package("trees"))
    with pytest.raises(SmokeTestFailed, match="does not serve loans version 1"):
        smoke_test(url(api), other, version=1, patience=0)


def test_a_model_that_is_not_deployed_fails(
    lender: Lender, package: Package, airlock_database: str, tmp_path: Path
) -> None:
    with (
        scoring_api(airlock_database, lender.store.root, tmp_path) as empty,
        pytest.raises(SmokeTestFailed, match="does not serve loans version 1: 404"),
    ):
        smoke_test(url(empty), package, version=1, patience=0)


def test_a_new_version_is_waited_for(
    lender: Lender, trained: Trained, airlock_database: str, tmp_path: Path
) -> None:
    linear, trees = (open_package(lender.store, trained.package(name)) for name in ("linear", "trees"))
    with scoring_api(airlock_database, lender.store.root, tmp_path) as running:
        running.deploy(linear, 1)
        smoke_test(url(running), linear, version=1)
        running.deploy(trees, 2)
        smoke_test(url(running), trees, version=2)


def test_a_package_changed_in_production_fails(
    lender: Lender, package: Package, airlock_database: str, tmp_path: Path
) -> None:
    store = shutil.copytree(lender.store.root, tmp_path / "store")
    file = store / "packages" / package.digest / "signature.json"
    file.write_bytes(file.read_bytes() + b" ")
    with scoring_api(airlock_database, store, tmp_path) as tampered:
        tampered.deploy(package, 1)
        with pytest.raises(SmokeTestFailed, match="does not serve loans version 1"):
            smoke_test(url(tampered), package, version=1, patience=0)


def test_nobody_at_the_address_fails(package: Package) -> None:
    with pytest.raises(SmokeTestFailed, match=r"no answer from http://127\.0\.0\.1:9"):
        smoke_test("http://127.0.0.1:9", package, version=1, patience=0)


def test_without_the_key_it_fails(api: ScoringApi, package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRLOCK_SCORING_KEY")
    with pytest.raises(SmokeTestFailed, match="cannot be asked: AIRLOCK_SCORING_KEY is not set"):
        smoke_test(url(api), package, version=1)


def test_with_another_key_it_fails(
    api: ScoringApi, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRLOCK_SCORING_KEY", new_key())
    with pytest.raises(SmokeTestFailed, match="401 .*The API key is not known"):
        smoke_test(url(api), package, version=1, patience=0)


def test_a_wrong_score_fails_and_is_named(package: Package) -> None:
    def nudge(answers: list[dict[str, Any]]) -> None:
        answers[0]["score"] += 2 * LARGEST_DIFFERENCE

    with (
        answering_otherwise(package, nudge) as wrong,
        pytest.raises(
            SmokeTestFailed, match=r"Example 1 of package .* must give \w+ with the score 0\.\d+, and"
        ),
    ):
        smoke_test(wrong, package, version=1)


@pytest.mark.parametrize("score", [None, float("nan")])
def test_an_answer_without_a_score_fails(package: Package, score: float | None) -> None:
    with (
        answering_otherwise(package, lambda answers: answers[0].update(score=score)) as wrong,
        pytest.raises(SmokeTestFailed, match="Example 1"),
    ):
        smoke_test(wrong, package, version=1)


def test_the_right_score_with_another_prediction_fails(package: Package) -> None:
    with (
        answering_otherwise(package, lambda answers: answers[0].update(prediction="maybe")) as wrong,
        pytest.raises(SmokeTestFailed, match="Example 1"),
    ):
        smoke_test(wrong, package, version=1)


@pytest.mark.parametrize("change", [lambda answers: answers.pop(), lambda answers: answers[0].pop("score")])
def test_rows_left_unanswered_fail(package: Package, change: Callable[[list[dict[str, Any]]], Any]) -> None:
    with (
        answering_otherwise(package, change) as wrong,
        pytest.raises(SmokeTestFailed, match="did not answer all of 5 rows: 200"),
    ):
        smoke_test(wrong, package, version=1)


def test_an_answer_broken_off_fails(package: Package) -> None:
    with (
        answering_otherwise(package, lambda answers: answers.clear()) as wrong,
        pytest.raises(SmokeTestFailed, match="serves loans and gave no answer"),
    ):
        smoke_test(wrong, package, version=1)
