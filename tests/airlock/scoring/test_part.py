"""A part of a night: answered as it streams, however it is cut; nothing is kept when something is wrong."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airlock.data.errors import DataError
from airlock.governance.batch_answers import ANSWERS, KIND, MANIFEST
from airlock.package.answers import Answers
from airlock.package.package import Package
from airlock.package.predictor import Predictor
from airlock.package.scorer import Scorer
from airlock.scoring import part as part_module
from airlock.scoring.part import AnsweredPart, ScoringError, answer_part
from airlock.store import Store
from tests.airlock.loans import LINEAR, TREES, loan_spec, loans
from tests.airlock.packaging import fit_and_build

SPEC = loan_spec(candidates={"linear": LINEAR, "trees": {**TREES, "search": None}})
FEATURES = ["income", "debt", "housing", "insured"]
ABOUT = {"model": "loans", "version": 3, "night": "2026-01-01"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return fit_and_build(SPEC, "trees", loans(), tmp_path_factory.mktemp("loans"))[1]


@pytest.fixture(scope="module")
def scorer(package: Package) -> Scorer:
    return Scorer.load(package)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_module, "ROWS_AT_ONCE", 7)


def batches_of(table: pa.Table, rows: int = 10) -> Iterator[pa.RecordBatch]:
    yield from table.select(["loan", "asked_at", *FEATURES]).to_batches(max_chunksize=rows)


def answers(store: Store, answered: AnsweredPart) -> pa.Table:
    return pq.read_table(store.folder(KIND, answered.digest) / ANSWERS)


def test_every_row_is_kept_with_what_the_model_answers(
    store: Store, package: Package, scorer: Scorer
) -> None:
    table = loans(1000, seed=3)
    answered = answer_part(store, SPEC, scorer, batches_of(table), ABOUT)
    kept = answers(store, answered)
    assert answered.rows == len(kept) == 1000
    assert kept.select(FEATURES) == table.select(FEATURES)
    assert (kept["entity_key"], kept["event_time"]) == (table["loan"], table["asked_at"])
    original = Predictor.load(package).predict_table(table)
    assert kept["prediction"].to_pylist() == original.predictions
    np.testing.assert_allclose(kept["score"].to_numpy(), original.scores, atol=1e-5)


def test_a_package_without_a_portable_form_answers_by_its_original(store: Store, package: Package) -> None:
    table, predictor = loans(50, seed=3), Predictor.load(package)
    kept = answers(store, answer_part(store, SPEC, predictor, batches_of(table), ABOUT))
    assert kept["score"].to_pylist() == predictor.predict_table(table).scores.tolist()


def test_the_manifest_says_what_the_rows_are(store: Store, scorer: Scorer) -> None:
    answered = answer_part(store, SPEC, scorer, batches_of(loans(5)), ABOUT)
    manifest = store.folder(KIND, answered.digest) / MANIFEST
    assert json.loads(manifest.read_text()) == {**ABOUT, "rows": 5}


def test_the_same_rows_are_the_same_file_however_the_source_cuts_them(
    store: Store, scorer: Scorer, small_chunks: None
) -> None:
    cuts = (1, 5, 7, 1000)
    digests = {
        answer_part(store, SPEC, scorer, batches_of(loans(60, seed=3), rows), ABOUT).digest for rows in cuts
    }
    assert len(digests) == 1
    other = answer_part(store, SPEC, scorer, batches_of(loans(60, seed=3)), {**ABOUT, "version": 4})
    assert other.digest not in digests, "the same answers of another version are another batch"


def test_no_rows_are_an_empty_file(store: Store, scorer: Scorer) -> None:
    answered = answer_part(store, SPEC, scorer, iter(()), ABOUT)
    assert (answered.rows, len(answers(store, answered))) == (0, 0)


def test_memory_holds_a_few_chunks_however_many_rows_there_are(
    store: Store, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_module, "ROWS_AT_ONCE", 1000)
    made = loans(1000, seed=3).select(["loan", "asked_at", *FEATURES])
    before, peak = pa.total_allocated_bytes(), 0

    def many() -> Iterator[pa.RecordBatch]:
        nonlocal peak
        for number in range(200):
            keys = pa.array([f"{number}-{place}" for place in range(1000)])
            yield from pa.table([keys, *made.columns[1:]], schema=made.schema).to_batches()
            peak = max(peak, pa.total_allocated_bytes() - before)

    assert answer_part(store, SPEC, scorer, many(), ABOUT).rows == 200_000
    assert peak < 20 * made.nbytes


def kept_nothing(store: Store) -> bool:
    return not list((store.root / KIND).glob("*")) and not list((store.root / "staging").glob("*"))


def test_an_entity_that_comes_twice_is_refused_by_name(
    store: Store, scorer: Scorer, small_chunks: None
) -> None:
    table = pa.concat_tables([loans(30, seed=3), loans(30, seed=3).slice(4, 2)])
    with pytest.raises(
        DataError, match="gives 2 values of 'loan' more than once: L000004, L000005. Give one"
    ):
        answer_part(store, SPEC, scorer, batches_of(table), ABOUT)
    assert kept_nothing(store)


def test_a_source_that_fails_half_way_keeps_nothing(store: Store, scorer: Scorer, small_chunks: None) -> None:
    def failing() -> Iterator[pa.RecordBatch]:
        yield from batches_of(loans(30))
        raise DataError("loans", "data.source", "broke.", "Mend it.")

    with pytest.raises(DataError, match="broke"):
        answer_part(store, SPEC, scorer, failing(), ABOUT)
    assert kept_nothing(store)


class NotANumber:
    """A model that has no answer to one row."""

    def __init__(self, scorer: Scorer) -> None:
        self.signature = scorer.signature

    def predict(self, rows: Sequence[Any]) -> list[Any]:
        raise AssertionError("rows are asked for as columns")

    def predict_columns(self, columns: Any) -> Answers:
        scores = np.full(len(columns["debt"]), 0.5)
        scores[3] = np.nan
        return Answers(scores, ["false"] * len(scores))


def test_a_score_that_is_no_number_is_refused_and_the_row_named(store: Store, scorer: Scorer) -> None:
    with pytest.raises(ScoringError, match="answers the row of loan 'L000003' with the score nan"):
        answer_part(store, SPEC, NotANumber(scorer), batches_of(loans(10)), ABOUT)
    assert kept_nothing(store)


def test_a_feature_called_like_a_column_of_the_answers_is_refused(
    store: Store, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_module, "OWN", ("entity_key", "event_time", "debt", "prediction"))
    with pytest.raises(ScoringError, match="debt: a feature of loans has a name that the answers use"):
        answer_part(store, SPEC, scorer, batches_of(loans(10)), ABOUT)
