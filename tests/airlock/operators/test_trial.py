"""A trial as its tasks do it: the records decide, and a task that was marked as success deploys nothing."""

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.governance import challengers, releases
from airlock.governance.candidates import Candidate
from airlock.governance.challengers import Challenger
from airlock.operators.challenge import ChallengeOperator
from airlock.operators.close_release import CloseReleaseOperator
from airlock.operators.conclude import ConcludeOperator
from airlock.operators.failure import ExplainedFailure
from airlock.operators.observe import ObserveOperator
from airlock.package.package import open_package
from tests.airlock.governance.records import MOMENT
from tests.airlock.lender import Lender, Trained, deployed
from tests.airlock.loans import loans
from tests.airlock.operators.conftest import connection
from tests.airlock.operators.judging import dana_s_run, judged
from tests.airlock.operators.releasing import OWN, RUN, Answer, champion, decided, deploy, recorded
from tests.airlock.serving.scoring_api import ScoringApi, scoring_api
from tests.airlock.wrong_api import answering_otherwise
from tests.post_office import PostOffice

TRIAL = {"shares": [0.3, 0.6], "rows": 10, "difference": 0.9, "every": "1s"}


@pytest.fixture
def installation(installation: Lender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lender:
    """The lender's, whose spec lets new versions in as canaries."""
    include = tmp_path / "include"
    shutil.copytree(installation.include, include)
    file = include / "models" / "loans" / "model.yaml"
    spec = json.loads(file.read_text())
    spec["deployment"] |= {"way": "canary", "trial": TRIAL}
    file.write_text(json.dumps(spec))
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(include))
    return installation


@pytest.fixture
def gated(serving: None, trained: Trained, mlflow_url: str) -> Mapping[str, str]:
    """What was found of the candidate, beside another version that serves."""
    _, digests = judged(dana_s_run(), trained)
    return digests


@pytest.fixture
def serving(installation: Lender, trained: Trained, engine: Engine) -> None:
    """What serves before the candidate is registered."""
    other = next(one["package"] for one in trained.made if one["candidate"] != trained.evaluation["best"])
    deployed(engine, other, 800)


@pytest.fixture
def approved(release: str, answer: Answer) -> str:
    """A release that two people have approved."""
    answer(1, "ria")
    answer(2, "omar")
    assert decided(release) == "challenge"
    return release


@pytest.fixture
def api(
    approved: str,
    installation: Lender,
    airlock_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ScoringApi]:
    """The scoring API of the installation."""
    with scoring_api(airlock_database, installation.store.root, tmp_path) as running:
        monkeypatch.setenv("AIRLOCK_SCORING_URL", str(running.client.base_url))
        yield running


@pytest.fixture
def wrong_api(
    approved: str, candidate: Candidate, installation: Lender, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A scoring API whose challenger answers its first example wrongly."""
    package = open_package(installation.store, candidate.package_digest)

    def change(answers: list[dict[str, Any]]) -> None:
        answers[0]["score"] /= 2

    with answering_otherwise(package, change, candidate.registered_version) as url:
        monkeypatch.setenv("AIRLOCK_SCORING_URL", url)
        yield


def challenge(release: str) -> None:
    ChallengeOperator(task_id="challenge", release=release, **OWN).execute(RUN)


def observed(release: str) -> bool:
    return ObserveOperator(task_id="observe", release=release, every=timedelta(seconds=1), **OWN).poke(RUN)


def concluded(release: str) -> str:
    return ConcludeOperator(task_id="conclude", release=release, **OWN).choose_branch(RUN)


def challenger(engine: Engine, release: str) -> Challenger:
    with engine.connect() as conn:
        found = challengers.of_release(conn, int(release))
    assert found is not None
    return found


def ask(api: ScoringApi, name: str) -> set[int]:
    """Ask production about a hundred loans; return the versions that answered."""
    rows = loans(100, seed=9).to_pylist()
    asked = [
        {
            "entity_key": f"{name}-{number}",
            "features": {key: row[key] for key in ("income", "debt", "housing", "insured")},
        }
        for number, row in enumerate(rows)
    ]
    answer = api.predict(*asked)
    assert answer.status_code == 200, answer.text
    api.await_log()
    return {prediction["version"] for prediction in answer.json()["predictions"]}


def test_a_canary_is_driven_from_its_first_share_to_the_deployment(
    approved: str, candidate: Candidate, api: ScoringApi, engine: Engine
) -> None:
    version = candidate.registered_version
    challenge(approved)
    challenge(approved)
    assert not observed(approved), "nobody has asked yet"
    assert ask(api, "first") == {800, version}
    assert not observed(approved)
    stepped = challenger(engine, approved)
    assert (stepped.step, stepped.share) == (2, 0.6)
    assert not observed(approved), "each step is judged by its own rows"
    assert ask(api, "second") == {800, version}
    assert observed(approved)
    assert observed(approved), "a look at what has ended changes nothing"
    assert challenger(engine, approved).outcome == "passed"
    assert concluded(approved) == "deploy"
    deploy(approved)
    serving = champion(engine)
    assert serving is not None and serving.version == version


def test_a_challenger_that_answers_wrongly_never_gets_a_share(
    approved: str, wrong_api: None, engine: Engine, post: PostOffice
) -> None:
    challenge(approved)
    ended = challenger(engine, approved)
    assert ended.outcome == "broke" and "must give" in str(ended.ended_because)
    assert observed(approved)
    assert concluded(approved) == "close"
    failed = recorded(engine, approved)
    assert (failed.state, failed.reason) == ("failed", ended.ended_because)
    CloseReleaseOperator(task_id="close", release=approved, **OWN).execute(RUN)
    assert any("must give" in mail.text for mail in post.mails)
    serving = champion(engine)
    assert serving is not None and serving.version == 800


def grow_old(engine: Engine, candidate: Candidate) -> None:
    with engine.begin() as conn:
        recorded_at = candidate.recorded_at - timedelta(days=400)
        conn.execute(
            text("UPDATE candidates SET recorded_at = :at WHERE id = :id"),
            {"at": recorded_at, "id": candidate.id},
        )


def test_a_candidate_that_waited_too_long_decides_nothing(
    approved: str, candidate: Candidate, engine: Engine
) -> None:
    grow_old(engine, candidate)
    with pytest.raises(ExplainedFailure, match="lets nothing out that is older than"):
        challenge(approved)
    with engine.connect() as conn:
        assert challengers.of_release(conn, int(approved)) is None
    assert recorded(engine, approved).state == "failed"


def test_a_challenger_that_was_started_is_not_refused_when_its_task_is_tried_again(
    approved: str, candidate: Candidate, wrong_api: None, engine: Engine
) -> None:
    challenge(approved)
    grow_old(engine, candidate)
    challenge(approved)
    assert recorded(engine, approved).state == "approved"


def test_marking_the_observation_as_success_deploys_nothing(
    approved: str, api: ScoringApi, engine: Engine
) -> None:
    challenge(approved)
    with pytest.raises(AirflowFailException, match="observe ended without a verdict"):
        concluded(approved)
    ended = challenger(engine, approved)
    assert ended.outcome == "stopped"
    assert recorded(engine, approved).state == "failed"
    with pytest.raises(ExplainedFailure, match="Nothing was deployed"):
        deploy(approved)
    assert concluded(approved) == "close", "once cleared, the run tells why"
    serving = champion(engine)
    assert serving is not None and serving.version == 800


def test_a_deployment_without_a_trial_is_refused(approved: str, engine: Engine) -> None:
    with pytest.raises(ExplainedFailure, match="Nothing was deployed"):
        deploy(approved)
    serving = champion(engine)
    assert serving is not None and serving.version == 800


def test_concluding_without_a_challenger_fails(approved: str) -> None:
    with pytest.raises(AirflowFailException, match=r"has started no challenger\. Clear challenge"):
        concluded(approved)


def test_a_look_without_the_records_is_missed_and_ends_nothing(
    approved: str, api: ScoringApi, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge(approved)
    with monkeypatch.context() as away:
        away.setenv("AIRFLOW_CONN_AIRLOCK", connection(f"postgresql:///airlock?host={tmp_path}"))
        assert not observed(approved)
    assert not observed(approved)
    assert challenger(engine, approved).ended_at is None


def test_what_was_superseded_is_closed_as_it_was(approved: str, engine: Engine, wrong_api: None) -> None:
    challenge(approved)
    with engine.begin() as conn:
        releases.close(conn, int(approved), state="superseded", reason="Version 9 runs now.", at=MOMENT)
    assert concluded(approved) == "close"
    assert recorded(engine, approved).state == "superseded"
