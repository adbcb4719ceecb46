"""A smoke test that fails takes the version out of production again."""

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy.engine import Engine

from airlock.governance.candidates import Candidate
from airlock.governance.deployments import Deployment
from airlock.operators.smoke import SmokeTestOperator
from airlock.package.package import open_package
from tests.airlock.lender import Lender, Trained, deployed
from tests.airlock.operators.releasing import OWN, RUN, Answer, champion, decided, deploy, recorded
from tests.airlock.wrong_api import answering_otherwise


@pytest.fixture
def wrong_answers(installation: Lender, candidate: Candidate, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A scoring API that answers the candidate's first example wrongly."""
    package = open_package(installation.store, candidate.package_digest)
    assert candidate.version is not None

    def change(answers: list[dict[str, Any]]) -> None:
        answers[0]["score"] /= 2

    with answering_otherwise(package, change, candidate.version) as url:
        monkeypatch.setenv("AIRLOCK_SCORING_URL", url)
        yield


@pytest.mark.usefixtures("wrong_answers")
def test_a_failed_smoke_test_withdraws_the_deployment(release: str, answer: Answer, engine: Engine) -> None:
    answer(1, "ria")
    answer(2, "omar")
    decided(release)
    deploy(release)
    with pytest.raises(AirflowFailException, match="was withdrawn: no version serves now"):
        SmokeTestOperator(task_id="smoke_test", release=release, **OWN).execute(RUN)
    assert champion(engine) is None
    failed = recorded(engine, release)
    assert failed.state == "failed"
    assert "must give" in failed.reason


@pytest.fixture
def champion_before(installation: Lender, trained: Trained, engine: Engine) -> Deployment:
    """What served before the candidate was registered."""
    other = next(one["package"] for one in trained.made if one["candidate"] != trained.evaluation["best"])
    return deployed(engine, other, 800)


def test_a_failed_smoke_test_brings_the_version_before_back(
    champion_before: Deployment, wrong_answers: None, release: str, answer: Answer, engine: Engine
) -> None:
    answer(1, "ria")
    answer(2, "omar")
    decided(release)
    deploy(release)
    with pytest.raises(AirflowFailException, match="was withdrawn: version 800 serves again"):
        SmokeTestOperator(task_id="smoke_test", release=release, **OWN).execute(RUN)
    serving = champion(engine)
    assert serving is not None
    assert (serving.version, serving.reinstates) == (800, champion_before.id)
