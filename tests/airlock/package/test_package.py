"""Packages: complete, bound by their digest, the same for the same training, and safe to load."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pyarrow as pa
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_info

from airlock.digests import digest_of_folder
from airlock.package.building import REFERENCE_ROWS
from airlock.package.cores import one_core
from airlock.package.errors import PackageError
from airlock.package.fitted import Fitted
from airlock.package.package import BACKGROUND_ROWS, Package, open_package
from airlock.package.predictor import Predictor
from airlock.package.skops_file import normalise
from airlock.package.trust import load_pipeline, trusted_types
from airlock.store import Store, StoreError
from tests.airlock.loans import LINEAR, TREES, loan_spec, loans
from tests.airlock.packaging import fit_and_build

SPEC = loan_spec(candidates={"linear": LINEAR, "trees": TREES})
OWN = {"mine": {"estimator": "airlock_models.loans.mine.Mine"}}
FOREST = {
    "forest": {
        "estimator": "sklearn.ensemble.RandomForestClassifier",
        "preprocessing": "ordinal",
        "parameters": {"n_estimators": 5},
    }
}
MINE = """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Mine(ClassifierMixin, BaseEstimator):
    def fit(self, rows, truth):
        self.classes_ = np.unique(truth)
        return self

    def predict_proba(self, rows):
        return np.tile([1 - SHARE, SHARE], (len(rows), 1))

    def predict(self, rows):
        return self.classes_[self.predict_proba(rows).argmax(axis=1)]
"""


LIAR = MINE.replace(
    "return np.tile([1 - SHARE, SHARE], (len(rows), 1))",
    "return np.tile([1 - SHARE, SHARE] if len(rows) > MANY else [SHARE, 1 - SHARE], (len(rows), 1))",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, Package]:
    return fit_and_build(SPEC, "linear", loans(), tmp_path_factory.mktemp("made"))


def write_own_code(folder: Path, share: float) -> None:
    (folder / "models" / "loans").mkdir(parents=True, exist_ok=True)
    (folder / "models" / "loans" / "mine.py").write_text(f"SHARE = {share}\n{MINE}")


def test_a_package_holds_everything_that_watching_proving_and_trying_need(made) -> None:
    _, package = made
    assert {path.name for path in package.folder.iterdir()} >= {
        "MLmodel",
        "model.skops",
        "signature.json",
        "reference.json",
        "reference.parquet",
        "examples.json",
        "background.json",
        "provenance.json",
        "requirements.txt",
    }
    assert package.profile() == {"rows": 250}
    assert not list(package.folder.rglob("*.pkl"))


def test_the_provenance_says_what_it_was_made_from(made) -> None:
    provenance = made[1].provenance
    assert provenance["candidate"] == "linear"
    assert provenance["parameters"] == {"max_iter": 500, "random_state": 7}
    assert provenance["spec_digest"] == SPEC.digest
    assert provenance["snapshot_digest"] == "5" * 64
    assert provenance["rows"] == 750
    assert provenance["libraries"].keys() >= {"python", "scikit-learn", "skops"}


@pytest.mark.parametrize("name", ["linear", "trees"])
def test_the_same_training_gives_the_same_digest(name: str, tmp_path: Path) -> None:
    first, second = (fit_and_build(SPEC, name, loans(), tmp_path / part)[1] for part in ("one", "two"))
    assert first.digest == second.digest


def test_other_rows_give_another_digest(made, tmp_path: Path) -> None:
    assert fit_and_build(SPEC, "linear", loans(seed=2), tmp_path)[1].digest != made[1].digest


@pytest.mark.parametrize(
    "candidates", [{"linear": LINEAR}, {"trees": TREES}, FOREST], ids=["linear", "trees", "forest"]
)
def test_a_loaded_package_answers_as_the_pipeline_did(candidates: dict, tmp_path: Path) -> None:
    (name,) = candidates
    fitted, package = fit_and_build(loan_spec(candidates=candidates), name, loans(), tmp_path)
    later = loans(200, seed=9)
    answers, again = fitted.answer(later), Predictor.load(package).predict_table(later)
    assert (answers.scores == again.scores).all()
    assert answers.predictions == again.predictions
    assert set(answers.predictions) == {"false", "true"}


def test_one_row_is_answered_as_in_a_table(made) -> None:
    predictor, table = Predictor.load(made[1]), loans(50, seed=8)
    rows = table.select(list(predictor.signature.kinds)).to_pylist()
    answers = predictor.predict_table(table)
    for place, answer in enumerate(predictor.predict([row])[0] for row in rows):
        assert answer.score == pytest.approx(answers.scores[place], abs=1e-15)
        assert answer.prediction == answers.predictions[place]


def test_no_rows_get_no_answers(made) -> None:
    predictor = Predictor.load(made[1])
    assert predictor.predict([]) == []
    assert predictor.predict_table(loans(5).slice(0, 0)).probabilities.shape == (0, 2)


def test_examples_are_rows_of_the_holdout_with_the_answers_to_expect(made) -> None:
    examples = made[1].examples()
    answers = Predictor.load(made[1]).predict([example["features"] for example in examples])
    assert len(examples) == 5
    for example, answer in zip(examples, answers, strict=True):
        assert example["score"] == pytest.approx(answer.score, abs=1e-15)
        assert example["prediction"] == answer.prediction
        assert not any(made[1].signature.problems(example["features"]))


def test_the_reference_has_the_features_with_score_and_prediction(made) -> None:
    reference = made[1].reference()
    assert reference.column_names == ["income", "debt", "housing", "insured", "score", "prediction"]
    assert reference.num_rows == 250


def test_the_reference_is_bounded_and_spread_over_all_rows(tmp_path: Path) -> None:
    table = loans(28_000)
    _, package = fit_and_build(SPEC, "linear", table, tmp_path)
    kept = set(package.reference()["debt"].to_pylist())
    assert package.reference().num_rows == REFERENCE_ROWS
    holdout = table["debt"].to_pylist()[-7000:]
    assert {holdout[0], holdout[-1]} <= kept


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    _, package = fit_and_build(SPEC, "linear", loans(), tmp_path)
    examples = package.folder / "examples.json"
    examples.write_text(examples.read_text().replace("true", "false"))
    with pytest.raises(StoreError, match="was changed"):
        open_package(Store(tmp_path / "store"), package.digest)


def test_two_versions_of_one_module_answer_side_by_side(tmp_path: Path) -> None:
    predictors = []
    for share in (0.25, 0.75):
        write_own_code(tmp_path, share)
        package = fit_and_build(loan_spec(candidates=OWN), "mine", loans(), tmp_path)[1]
        predictors.append(Predictor.load(package))
    write_own_code(tmp_path, 0.5)
    row = [{"income": 1.0, "debt": 1.0, "housing": "own", "insured": True}]
    assert [predictor.predict(row)[0].score for predictor in predictors] == [0.25, 0.75]


def test_loading_own_code_leaves_the_package_as_it_was(tmp_path: Path) -> None:
    write_own_code(tmp_path, 0.25)
    package = fit_and_build(loan_spec(candidates=OWN), "mine", loans(), tmp_path)[1]
    Predictor.load(package)
    assert digest_of_folder(package.folder) == package.digest
    assert (package.code / "loans" / "mine.py").is_file()


def test_own_code_of_another_model_is_not_trusted(tmp_path: Path) -> None:
    write_own_code(tmp_path, 0.25)
    package = fit_and_build(loan_spec(candidates=OWN), "mine", loans(), tmp_path)[1]
    with pytest.raises(PackageError, match=r"airlock_models\.loans\.mine\.Mine, which may not be loaded"):
        load_pipeline(package.model_file, "other", package.code)


@pytest.mark.parametrize(
    "content",
    [FunctionTransformer(json.dumps), FunctionTransformer(np.save), {"path": Path("/etc")}],
    ids=["a foreign function", "a function of numpy", "a foreign class"],
)
def test_a_model_made_of_foreign_things_is_not_loaded(content: object, tmp_path: Path) -> None:
    skops.io.dump(content, tmp_path / "model.skops")
    with pytest.raises(PackageError, match="may not be loaded"):
        load_pipeline(tmp_path / "model.skops", "loans", tmp_path / "code")


def test_a_type_of_another_package_that_only_begins_alike_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    skops.io.dump(LogisticRegression(), path)
    with ZipFile(path) as source:
        schema = source.read("schema.json").decode()
    with ZipFile(path, "w") as target:
        target.writestr(
            "schema.json", schema.replace("sklearn.linear_model._logistic", "sklearn_evil.logistic")
        )
    with pytest.raises(PackageError, match=r"sklearn_evil\.logistic\.LogisticRegression"):
        trusted_types(path, "loans", tmp_path / "code")


def test_a_normalised_file_holds_the_same_objects(tmp_path: Path) -> None:
    shared = np.arange(5)
    path = tmp_path / "model.skops"
    skops.io.dump({"first": shared, "second": shared, "other": [shared + 1, "text"]}, path)
    normalise(path)
    loaded = skops.io.load(path)
    assert loaded["first"] is loaded["second"]
    assert loaded["other"][0].tolist() == [1, 2, 3, 4, 5]


def test_a_regression_is_packaged_and_answers_numbers(tmp_path: Path) -> None:
    spec = loan_spec(
        task="regression",
        candidates={"ridge": {"estimator": "sklearn.linear_model.Ridge"}},
        columns={"defaulted": {"role": "target", "kind": "number", "classification": "business"}},
        data={"positive": None},
        training={"select_by": "r2"},
        gates={"limits": [], "champion": {"metric": "r2"}},
    )
    table = loans()
    table = table.set_column(table.column_names.index("defaulted"), "defaulted", pa.array(table["debt"]))
    _, package = fit_and_build(spec, "ridge", table, tmp_path)
    answers = Predictor.load(package).predict_table(table)
    assert answers.probabilities is None
    assert answers.predictions[0] == repr(float(answers.scores[0]))
    assert np.corrcoef(answers.scores, table["debt"].to_numpy())[0, 1] > 0.99


def test_a_model_takes_one_core_however_many_there_are() -> None:
    with one_core():
        assert {library["num_threads"] for library in threadpool_info()} == {1}


@pytest.mark.parametrize("many", [1, 5, 200])
def test_a_model_that_answers_otherwise_when_asked_for_few_rows_is_refused(tmp_path: Path, many: int) -> None:
    write_own_code(tmp_path, 0.2)
    liar = LIAR.replace("SHARE", "0.2").replace("MANY", str(many))
    (tmp_path / "models" / "loans" / "mine.py").write_text(liar)
    with pytest.raises(PackageError, match="rows otherwise than the same rows among 250"):
        fit_and_build(loan_spec(candidates=OWN), "mine", loans(), tmp_path)
    assert not list((tmp_path / "store" / "packages").glob("*")), "nothing half-done remains"


def test_the_background_is_spread_over_the_reference_as_plain_values(made) -> None:
    _, package = made
    reference = package.reference().select(list(package.signature.kinds)).to_pylist()
    background = package.background()
    assert len(background) == BACKGROUND_ROWS
    assert (background[0], background[-1]) == (reference[0], reference[-1])
    assert not any(any(package.signature.problems(row)) for row in background)


def test_a_package_older_than_the_background_takes_it_from_the_reference(made, tmp_path: Path) -> None:
    _, package = made
    shutil.copytree(package.folder, tmp_path / "old")
    (tmp_path / "old" / "background.json").unlink()
    assert replace(package, folder=tmp_path / "old").background() == package.background()
