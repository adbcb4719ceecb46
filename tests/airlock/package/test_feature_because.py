"""Who belongs to a group, and who a row is about, reaches no estimator unless the spec says why."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from airlock.examination.subject import Subject
from airlock.package.fitted import Fitted
from airlock.package.package import Package
from airlock.spec import ModelSpec
from tests.airlock.loans import COLUMNS, loan_spec, loans
from tests.airlock.packaging import fit_and_build

BRANCH = {"role": "identifier", "classification": "business"}
REASON = {"feature_because": "the law sets the price by it"}
NEVER = ["loan", "asked_at", "branch", "sex", "defaulted"]


def marked() -> pa.Table:
    """Loans that names of branches, and groups, say everything about."""
    table = loans(600)
    defaulted = table["defaulted"]
    branch = pc.if_else(defaulted, pa.scalar("B7"), pa.scalar("B1"))
    sex = pc.if_else(defaulted, pa.scalar("f"), pa.scalar("m"))
    return table.append_column("branch", branch).set_column(6, "sex", sex)


def made(spec: ModelSpec, folder: Path) -> tuple[Fitted, Package]:
    return fit_and_build(spec, "linear", marked(), folder)


@pytest.fixture(scope="module")
def kept_apart(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelSpec, Fitted, Package]:
    """A model of the columns' own roles."""
    spec = loan_spec(columns={"branch": BRANCH})
    return spec, *made(spec, tmp_path_factory.mktemp("apart"))


@pytest.fixture(scope="module")
def let_through(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelSpec, Fitted, Package]:
    """A model whose spec lets both through, with a reason."""
    columns = {"branch": BRANCH | REASON | {"kind": "category"}, "sex": COLUMNS["sex"] | REASON}
    spec = loan_spec(columns=columns)
    return spec, *made(spec, tmp_path_factory.mktemp("through"))


def test_what_is_no_feature_is_nowhere_in_a_package(
    kept_apart: tuple[ModelSpec, Fitted, Package],
) -> None:
    spec, fitted, package = kept_apart
    told = {
        *package.signature.kinds,
        *fitted.pipeline.feature_names_in_,
        *package.reference().column_names,
        *package.examples()[0]["features"],
    }
    assert told.isdisjoint(NEVER)
    assert list(package.signature.kinds) == list(spec.data.features)


def test_what_is_no_feature_changes_no_answer(kept_apart: tuple[ModelSpec, Fitted, Package]) -> None:
    _, fitted, _ = kept_apart
    rows = marked()
    others = rows.drop_columns(NEVER).append_column("sex", pa.array(["x"] * 600))
    assert (fitted.answer(rows).scores == fitted.answer(others).scores).all()


def test_a_reason_lets_a_column_through_all_the_way(
    let_through: tuple[ModelSpec, Fitted, Package],
) -> None:
    spec, fitted, package = let_through
    features = ["income", "debt", "housing", "insured", "sex", "branch"]
    assert list(spec.data.features) == features
    assert list(package.signature.kinds) == list(fitted.pipeline.feature_names_in_) == features
    assert any(package.signature.problems({"income": 1.0, "debt": 1.0, "housing": "own", "insured": None}))
    categories = {feature.name: feature.categories for feature in package.signature.features}
    assert (categories["sex"], categories["branch"]) == (("f", "m"), ("B1", "B7"))
    assert package.reference().column_names[:6] == features


def test_what_is_let_through_changes_the_answers(let_through: tuple[ModelSpec, Fitted, Package]) -> None:
    _, fitted, _ = let_through
    rows = marked()
    other = rows.set_column(6, "sex", pa.array(["m"] * 600))
    assert (fitted.answer(rows).scores != fitted.answer(other).scores).any()


def test_what_is_let_through_is_still_a_group_to_compare(
    let_through: tuple[ModelSpec, Fitted, Package],
) -> None:
    spec, _, package = let_through
    subject = Subject.of(spec, package, marked())
    assert spec.data.protected == ("sex",)
    groups = subject.rows[spec.data.protected[0]].to_numpy()
    assert subject.said_yes[groups == "f"].mean() > 0.95
    assert subject.said_yes[groups == "m"].mean() < 0.05
