"""The scorer: a portable form answers rows and columns as the original does."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from airlock.package import onnx_categories
from airlock.package.answers import Answers
from airlock.package.errors import PackageError
from airlock.package.examples import LARGEST_DIFFERENCE
from airlock.package.fitted import Fitted
from airlock.package.frame import columns_of
from airlock.package.inputs import MATRIX, Dictionary
from airlock.package.portable import convert
from airlock.package.scorer import ROWS_AT_ONCE, Scorer
from airlock.training.candidate import fit
from tests.airlock.loans import LINEAR, TREES, loan_spec, loans

FEATURES = ["income", "debt", "housing", "insured"]
STRANGE = [
    {"income": None, "debt": 0.0, "housing": None, "insured": None},
    {"income": 1e300, "debt": -1.0, "housing": "a castle", "insured": True},
    {"income": 0.0, "debt": 8000.0, "housing": "", "insured": False},
]


@dataclass(frozen=True)
class Made:
    """A fitted candidate and its portable form."""

    fitted: Fitted
    scorer: Scorer

    def expected(self, table: pa.Table) -> Answers:
        return self.fitted.answer(table)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Fitted]:
    spec, models = loan_spec(candidates={"linear": LINEAR, "trees": TREES}), tmp_path_factory.mktemp("models")
    (models / "loans").mkdir()
    return {name: fit(spec, name, loans(), models=models) for name in ("linear", "trees")}


@pytest.fixture(params=["linear", "trees", "named linear", "named trees"], scope="module")
def made(request: pytest.FixtureRequest, originals: Mapping[str, Fitted]) -> Made:
    """Each of both, coded, and named as in packages older than the codes."""
    named, name = request.param.startswith("named"), request.param.split()[-1]
    fitted = originals[name]
    with pytest.MonkeyPatch.context() as patch:
        if named:
            patch.setattr(onnx_categories, "coded", lambda prepare, kinds: None)
        scorer = Scorer.of(convert(fitted), fitted.signature)
    assert ([one.name for one in scorer.session.get_inputs()] == [MATRIX]) is not named
    return Made(fitted, scorer)


def table(rows: list[dict[str, Any]]) -> pa.Table:
    types = loans(1).schema
    return pa.table(
        {name: pa.array([row[name] for row in rows], types.field(name).type) for name in FEATURES}
    )


def same(one: Answers, other: Answers) -> bool:
    near = np.allclose(one.scores, other.scores, rtol=0, atol=LARGEST_DIFFERENCE)
    return near and one.predictions == other.predictions


def test_columns_are_answered_as_the_original_does(made: Made) -> None:
    rows = loans(300, seed=9)
    expected, given = (
        made.expected(rows),
        made.scorer.predict_columns(columns_of(rows, made.scorer.signature.kinds)),
    )
    assert same(expected, given)
    assert given.probabilities is not None
    assert np.allclose(given.probabilities, expected.probabilities, atol=LARGEST_DIFFERENCE)


def test_rows_are_answered_as_the_original_does(made: Made) -> None:
    rows = loans(300, seed=9).select(FEATURES)
    expected = made.expected(rows)
    for place, row in enumerate(rows.to_pylist()):
        (answer,) = made.scorer.predict([row])
        assert answer.score == pytest.approx(expected.scores[place], abs=LARGEST_DIFFERENCE)
        assert answer.prediction == expected.predictions[place]


def test_missing_values_and_words_that_were_not_seen_are_answered_alike(made: Made) -> None:
    expected = made.expected(table(STRANGE))
    answers = made.scorer.predict(STRANGE)
    assert same(
        expected, Answers(np.array([one.score for one in answers]), [one.prediction for one in answers])
    )


def test_the_order_of_a_rows_fields_is_of_no_matter(made: Made) -> None:
    backwards = [dict(reversed(row.items())) for row in STRANGE]
    assert made.scorer.predict(backwards) == made.scorer.predict(STRANGE)


def test_a_dictionary_of_words_is_answered_as_the_words_are(made: Made) -> None:
    columns = columns_of(table(STRANGE), made.scorer.signature.kinds)
    words = Dictionary(np.array([-1, 1, 0]), ["", "a castle", "rent"])
    given = made.scorer.predict_columns(columns | {"housing": words})
    assert given.scores.tolist() == made.scorer.predict_columns(columns).scores.tolist()


def test_more_rows_than_are_taken_at_once_keep_their_places(made: Made) -> None:
    columns = columns_of(loans(2 * ROWS_AT_ONCE + 7, seed=3), made.scorer.signature.kinds)
    given = made.scorer.predict_columns(columns)
    last = made.scorer.predict_columns({name: values[-20:] for name, values in columns.items()})
    assert len(given) == len(given.scores) == 2 * ROWS_AT_ONCE + 7
    assert given.scores[-20:].tolist() == last.scores.tolist()


def test_no_rows_get_no_answers(made: Made) -> None:
    none = columns_of(loans(1).slice(0, 0), made.scorer.signature.kinds)
    assert made.scorer.predict([]) == []
    assert made.scorer.predict_columns(none).probabilities.shape == (0, 2)


def test_columns_of_different_lengths_are_refused(made: Made) -> None:
    columns = columns_of(loans(5), made.scorer.signature.kinds)
    with pytest.raises(ValueError, match=r"loans: the columns have different lengths: \[4, 5\]"):
        made.scorer.predict_columns(columns | {"debt": columns["debt"][:4]})


def test_several_threads_get_what_one_gets(made: Made) -> None:
    rows = loans(200, seed=4).select(FEATURES).to_pylist()
    alone = [made.scorer.predict([row]) for row in rows]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda row: made.scorer.predict([row]), rows)) == alone


def test_a_form_that_cannot_be_read_is_an_error_that_says_so(made: Made, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="the portable form of loans cannot be loaded"):
        Scorer.of(b"no model", made.scorer.signature)


def test_a_pipeline_from_elsewhere_that_prepares_by_itself_is_coded_too(
    originals: Mapping[str, Fitted],
) -> None:
    one = originals["linear"]
    whole = Pipeline([("prepare", FunctionTransformer()), ("estimator", one.pipeline)])
    assert convert(replace(one, pipeline=whole)) == convert(one)


def test_an_encoder_of_another_kind_gets_text(originals: Mapping[str, Fitted]) -> None:
    one = deepcopy(originals["linear"])
    one.pipeline[0].named_transformers_["categories"].handle_unknown = "infrequent_if_exist"
    scorer = Scorer.of(convert(one), one.signature)
    assert [given.name for given in scorer.session.get_inputs()] == FEATURES
    assert len(scorer.predict([STRANGE[0] | {"housing": "rent"}])) == 1
    with pytest.raises(ValueError, match="loans cannot score these values"):
        scorer.predict(STRANGE)
