"""A version registered in MLflow by hand: taken in as a candidate, or refused with what is wrong."""

import pickle
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sqlalchemy.engine import Engine

from airlock.chain.evaluation import evaluate_candidates
from airlock.chain.examination import examine
from airlock.chain.external import note_found, take_in
from airlock.chain.gate import Ruling, gate
from airlock.chain.registration import EVIDENCE, refuse_candidate, register_candidate
from airlock.chain.reproduction import reproduce
from airlock.chain.training import rows_of
from airlock.dossier.summary import summary
from airlock.governance.records import RecordError
from airlock.package.package import open_package
from airlock.training.errors import ExternalError
from airlock.training.external_versions import registered_by_hand
from airlock.training.mlflow_client import client
from tests.airlock import external_models
from tests.airlock.external_models import USER, fitted, malicious_pickle, register
from tests.airlock.governance.records import MOMENT
from tests.airlock.lender import Lender, Trained


@pytest.fixture(scope="module")
def theirs(lender: Lender) -> Any:
    """What Bob fitted, on the rows a training would have learned from."""
    train, _ = rows_of(lender.spec, lender.snapshot(), lender.store)
    return fitted(train, lender.spec)


def taken(lender: Lender, engine: Engine, version: int, model: str = "loans") -> dict[str, Any]:
    spec = lender.spec.model_copy(update={"name": model})
    lineage = lender.lineage(f"external__{model}_{version}")
    return take_in(spec, version, lineage, store=lender.store, engine=engine, models=lender.models)


def judged(lender: Lender, trained: Trained, made: dict[str, Any], run: str) -> Ruling:
    """Go on as the tasks after `train` do."""
    spec, store, snapshot = lender.spec, lender.store, trained.lineage.snapshot
    evaluated = evaluate_candidates(
        spec, snapshot, [made], champion_package=trained.package("linear"), store=store
    )
    assert evaluated["best"] == made["candidate"]
    found = replace(
        trained.found,
        evaluation=evaluated["evaluation"],
        examination=examine(spec, snapshot, made["package"], champion_package=None, store=store),
    )
    lineage = replace(trained.lineage, dag_run_id=run, trained_by=f"mlflow:{USER}")
    return gate(spec, lineage, found, made=[made], champion_version=1, store=store)


@pytest.fixture(scope="module")
def whole(lender: Lender, trained: Trained, theirs: Any, _mlflow_url: str, _shared_engine: Engine) -> Any:
    """A version from its registration to its gates: the version, what train returned, the ruling."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("MLFLOW_TRACKING_URI", _mlflow_url)
        version = register("loans", theirs)
        made = taken(lender, _shared_engine, version)
        return version, made, judged(lender, trained, made, "external__whole")


def test_its_package_says_that_it_is_external_and_claims_no_training(lender: Lender, whole: Any) -> None:
    version, made, _ = whole
    package = open_package(lender.store, made["package"])
    external = package.provenance["external"]
    assert (external["version"], external["registered_by"]) == (version, USER)
    assert len(external["file_digest"]) == 64
    assert package.provenance["candidate"] == f"mlflow_version_{version}"
    assert package.provenance["rows"] is None and package.provenance["trained_until"] is None
    assert made["cross_validation"] == {}


def test_it_is_asked_for_its_features_in_its_own_order(lender: Lender, whole: Any) -> None:
    package = open_package(lender.store, whole[1]["package"])
    assert tuple(package.signature.kinds) == external_models.FEATURES
    assert package.signature.classes == ("false", "true")


def test_it_passes_the_same_gates_and_the_evidence_says_what_nobody_knows(lender: Lender, whole: Any) -> None:
    version, _, ruling = whole
    facts = lender.store.json(EVIDENCE, ruling.evidence_digest)
    assert ruling.passed, [verdict.sentence for verdict in ruling.verdicts if not verdict.passed]
    assert facts["external"]["version"] == version
    worry = next(one for one in facts["findings"] if one["about"] == "origin")
    assert "Nobody knows what it was trained on" in worry["sentence"]
    assert "not cross-validated" in worry["sentence"]
    assert facts["exposure"]["measures"]["membership_auc"] is None
    assert "nobody knows what it was trained on" in facts["exposure"]["sentence"]
    assert facts["evaluation"]["champion"]["metrics"]["roc_auc"] > 0.5


def test_the_dossier_and_the_approvers_summary_say_so_in_plain_words(lender: Lender, whole: Any) -> None:
    ruling = whole[2]
    page = (lender.store.folder("dossiers", ruling.dossier_digest) / "dossier.html").read_text()
    assert "external: not cross-validated" in page
    assert page.count("Nobody knows what it was trained on") >= 2
    assert "trained on None" not in page
    told = summary(lender.store.json(EVIDENCE, ruling.evidence_digest))
    assert "**Not trained here.**" in told
    assert "Nobody knows what it was trained on" in told


def test_it_is_registered_under_a_version_of_its_own_that_names_the_one_by_hand_and_cannot_be_made_again(
    lender: Lender, engine: Engine, mlflow_url: str, whole: Any
) -> None:
    version, _, ruling = whole
    digests = (ruling.evidence_digest, ruling.dossier_digest)
    candidate = register_candidate("loans", *digests, store=lender.store, engine=engine, at=MOMENT)
    assert candidate.registered_version > version
    assert candidate.trained_by == f"mlflow:{USER}"
    tags = client().get_model_version("loans", str(candidate.version)).tags
    assert tags["airlock.external_version"] == str(version)
    with pytest.raises(RecordError, match=f"version {version} of MLflow, which {USER} registered by hand"):
        reproduce(candidate, store=lender.store, dag_run_id="r", asked_by="dana", code_version="c", at=MOMENT)
    with pytest.raises(ExternalError, match="was registered by Airlock itself"):
        taken(lender, engine, candidate.registered_version)


def test_a_bad_one_is_refused_by_its_gates_like_any_other(
    lender: Lender, engine: Engine, trained: Trained, mlflow_url: str
) -> None:
    train, _ = rows_of(lender.spec, trained.lineage.snapshot, lender.store)
    bad = fitted(train, lender.spec, estimator=DummyClassifier(strategy="prior"))
    made = taken(lender, engine, register("loans", bad))
    ruling = judged(lender, trained, made, "external__bad")
    assert not ruling.passed
    digests = (ruling.evidence_digest, ruling.dossier_digest)
    refused = refuse_candidate("loans", *digests, store=lender.store, engine=engine, at=MOMENT)
    assert (refused.state, refused.version) == ("refused", None)


def test_taking_it_in_again_makes_the_same_and_doubles_nothing(
    lender: Lender, engine: Engine, mlflow_url: str, whole: Any
) -> None:
    assert taken(lender, engine, whole[0]) == whole[1]


@pytest.mark.parametrize("form", ["cloudpickle", "pickle"])
def test_a_pickle_is_refused_and_told_how_to_log_it(
    lender: Lender, engine: Engine, mlflow_url: str, theirs: Any, form: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow warns that pickles run what is in them.
        version = register(f"saved_as_{form}", theirs, serialization_format=form)
    with pytest.raises(ExternalError, match=f'was saved as {form}.*serialization_format="skops"'):
        taken(lender, engine, version, f"saved_as_{form}")


def test_a_pickle_that_calls_itself_skops_is_not_run(
    lender: Lender, engine: Engine, mlflow_url: str, theirs: Any, tmp_path: Path
) -> None:
    witness = tmp_path / "it_ran"
    pickle.loads(malicious_pickle(witness))
    assert witness.exists()  # it would
    witness.unlink()
    version = register("forged", theirs)
    _overwrite("forged", version, malicious_pickle(witness), tmp_path)
    with pytest.raises(ExternalError, match=r"model\.skops that cannot be loaded"):
        taken(lender, engine, version, "forged")
    assert not witness.exists()


def _overwrite(model: str, version: int, content: bytes, folder: Path) -> None:
    found = client().get_model_version(model, str(version))
    logged = client().get_logged_model(found.source.removeprefix("models:/"))
    (folder / "model.skops").write_bytes(content)
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository = get_artifact_repository(logged.artifact_location, tracking_uri=client().tracking_uri)
    repository.log_artifact(str(folder / "model.skops"))


def test_a_version_that_points_elsewhere_is_not_fetched(
    lender: Lender, engine: Engine, mlflow_url: str
) -> None:
    client().create_registered_model("elsewhere")
    made = client().create_model_version("elsewhere", source="s3://somewhere/model")
    with pytest.raises(ExternalError, match="lies at s3://somewhere/model, and only files"):
        taken(lender, engine, int(made.version), "elsewhere")


def test_a_version_that_is_not_there_is_named(lender: Lender, engine: Engine, mlflow_url: str) -> None:
    with pytest.raises(ExternalError, match="loans version 9999 is not in MLflow"):
        taken(lender, engine, 9999)


@pytest.mark.parametrize(
    ("features", "told"),
    [
        (("debt", "income", "housing"), "it was fitted without insured"),
        (("debt", "income", "housing", "insured", "sex"), "it asks for sex, which no feature"),
    ],
)
def test_other_features_than_the_spec_s_are_named(
    lender: Lender, engine: Engine, mlflow_url: str, features: tuple[str, ...], told: str
) -> None:
    train, _ = rows_of(lender.spec, lender.snapshot(), lender.store)
    model = f"features_{len(features)}"
    version = register(model, fitted(train, lender.spec, features=features))
    with pytest.raises(ExternalError, match=told):
        taken(lender, engine, version, model)


def test_one_fitted_without_names_is_refused(lender: Lender, engine: Engine, mlflow_url: str) -> None:
    version = register("nameless", LogisticRegression().fit([[0.0], [1.0]], [False, True]))
    with pytest.raises(ExternalError, match="does not say which features it takes"):
        taken(lender, engine, version, "nameless")


def test_a_regressor_does_not_answer_a_question_of_yes_or_no(
    lender: Lender, engine: Engine, mlflow_url: str
) -> None:
    train, _ = rows_of(lender.spec, lender.snapshot(), lender.store)
    version = register(
        "numbers",
        fitted(train, lender.spec, estimator=LinearRegression(), truth=lambda rows: rows["debt"].to_numpy()),
    )
    with pytest.raises(ExternalError, match="the task binary needs a classifier with predict_proba"):
        taken(lender, engine, version, "numbers")


def test_other_classes_than_the_target_s_are_named(lender: Lender, engine: Engine, mlflow_url: str) -> None:
    train, _ = rows_of(lender.spec, lender.snapshot(), lender.store)

    def housing(rows: Any) -> Any:
        return rows["housing"].fill_null("").to_numpy(zero_copy_only=False)

    version = register("many", fitted(train, lender.spec, truth=housing))
    with pytest.raises(ExternalError, match="answers with , free, own, rent, and defaulted has the values"):
        taken(lender, engine, version, "many")


def test_a_version_by_hand_is_found_once_and_the_log_says_who_registered_it(
    engine: Engine, mlflow_url: str, theirs: Any
) -> None:
    version = register("found", theirs)

    def find(run: str) -> list[int]:
        with engine.begin() as conn:
            found = note_found(conn, "found", actor="intake", run=run, at=MOMENT)
        return [one.version for one in found]

    assert find("intake/one") == [version]
    assert find("intake/one") == [version]  # a task that is tried again goes on with its own
    assert find("intake/two") == []
    with engine.connect() as conn:
        rows = conn.exec_driver_sql("SELECT actor, facts FROM audit_log WHERE act = 'version_found'").all()
    assert [(actor, facts["version"], facts["registered_by"]) for actor, facts in rows] == [
        ("intake", version, USER)
    ]


def test_what_airlock_registered_is_not_found(mlflow_url: str, whole: Any) -> None:
    assert registered_by_hand("never_heard_of", ()) == []
    assert whole[0] in [one.version for one in registered_by_hand("loans", ())]
    tagged = [
        one for one in client().search_model_versions("name = 'loans'") if "airlock.package" in one.tags
    ]
    found = {one.version for one in registered_by_hand("loans", ())}
    assert found.isdisjoint(int(one.version) for one in tagged)
