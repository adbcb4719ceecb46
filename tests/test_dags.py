"""The Dags as Airflow reads them: which there are, and how their tasks hang together."""

import copy
from typing import Any

import pytest
from airflow.sdk.exceptions import ParamValidationError

from tests.dag_files import OF_THE_PROJECT, SPECS, chain, dag_ids, edges, parse, release_edges


@pytest.fixture(scope="module")
def bag() -> Any:
    return parse()


def test_every_file_imports(bag: Any) -> None:
    assert bag.import_errors == {}


def test_every_spec_has_its_dags_and_there_are_no_others(bag: Any) -> None:
    assert set(bag.dags) == dag_ids(*SPECS.values()) | OF_THE_PROJECT


@pytest.mark.parametrize("model", SPECS)
def test_train(bag: Any, model: str) -> None:
    dag = bag.dags[f"{model}.train"]
    steps = ("admit", "snapshot", "validate", "inspect", "train", "evaluate", "examine", "gate", "register")
    ways = chain(*steps) | {("gate", "refuse")}
    # What a step reads from an earlier one hangs on it, too.
    read = {(step, "gate") for step in ("admit", "validate", "inspect", "train", "evaluate")}
    assert edges(dag) == ways | read | {("train", "examine")}
    mapped = dag.get_task("train").expand_input.value
    assert mapped == {"candidate": list(SPECS[model].training.candidates)}
    assert dag.max_active_runs == 1
    assert set(dag.params) == {"reason", "as_of", "mode", "version"}
    assert dag.params["mode"] == "search"


@pytest.mark.parametrize("model", SPECS)
def test_candidates_that_a_refit_skips_stop_nothing(bag: Any, model: str) -> None:
    dag = bag.dags[f"{model}.train"]
    rules = {task: dag.get_task(task).trigger_rule for task in ("evaluate", "examine", "gate")}
    assert set(rules.values()) == {"none_failed_min_one_success"}
    assert dag.get_task("register").trigger_rule == "all_success"


@pytest.mark.parametrize("model", SPECS)
def test_a_version_can_be_trained_again(bag: Any, model: str) -> None:
    dag = bag.dags[f"{model}.reproduce"]
    assert [task.task_id for task in dag.tasks] == ["reproduce"]
    assert dag.params["version"] is None


@pytest.mark.parametrize("model", SPECS)
def test_release_asks_as_many_people_as_the_spec_says(bag: Any, model: str) -> None:
    dag, approval = bag.dags[f"{model}.release"], SPECS[model].approval
    asked = [f"approve_{slot}" for slot in range(1, approval.people + 1)]
    assert edges(dag) == release_edges(approval.people)
    assert dag.max_active_runs == 16, "runs that wait for people hold up no other"
    for slot, name in enumerate(asked, start=1):
        task = dag.get_task(name)
        assert task.slot == slot
        assert [user["id"] for user in task.assigned_users] == list(approval.approvers)
        assert task.response_timeout == approval.timeout
        assert task.options == ["Approve", "Reject"]


@pytest.mark.parametrize("model", SPECS)
def test_no_answer_is_ever_given_by_itself(bag: Any, model: str) -> None:
    release = bag.dags[f"{model}.release"]
    answers = [task for task in release.tasks if task.task_id.startswith("approve_")]
    assert [task.defaults for task in answers] == [None] * len(answers)
    assert release.get_task("decide").trigger_rule == "all_done"
    # Either decide or conclude leads to these; where the other one failed, nothing is deployed.
    for name in ("deploy", "close"):
        assert release.get_task(name).trigger_rule == "none_failed_min_one_success"


@pytest.mark.parametrize("model", SPECS)
def test_a_trial_is_looked_at_as_often_as_the_spec_says_and_never_left_alone(bag: Any, model: str) -> None:
    release, trial = bag.dags[f"{model}.release"], SPECS[model].deployment.trial
    observe = release.get_task("observe")
    assert (observe.mode, observe.poke_interval) == ("reschedule", trial.every.total_seconds())
    assert observe.timeout > 10 * trial.within.total_seconds()
    assert not observe.soft_fail and not observe.silent_fail and not observe.never_fail
    assert release.get_task("conclude").trigger_rule == "all_done_min_one_success"
    assert release.get_task("challenge").trigger_rule == "all_success"


@pytest.mark.parametrize("model", [name for name, spec in SPECS.items() if spec.deployment.batch])
def test_score(bag: Any, model: str) -> None:
    dag = bag.dags[f"{model}.score"]
    assert [task.task_id for task in dag.tasks] == ["plan", "score", "finish"]
    assert dag.get_task("score").is_mapped and dag.get_task("finish").upstream_task_ids == {"plan", "score"}
    assert dag.timetable.expression == SPECS[model].deployment.batch.schedule


@pytest.mark.parametrize("model", SPECS)
def test_monitor(bag: Any, model: str) -> None:
    dag = bag.dags[f"{model}.monitor"]
    night = {("measure", "report")} | chain("measure", "triage", "alert", "retrain")
    assert edges(dag) == night | chain("alert", "find", "inquire")
    inquire = dag.get_task("inquire")
    assert inquire.partial_kwargs["trigger_dag_id"] == f"{model}.inquire"
    assert set(inquire.expand_input.value) == {"trigger_run_id"}, "what find returned chooses nothing else"
    assert dag.timetable.expression == SPECS[model].monitoring.schedule
    assert dag.max_active_runs == 1, "a night that overtakes another makes it the past"


@pytest.mark.parametrize("model", SPECS)
def test_a_model_s_dags_start_one_another_by_its_assets_only(bag: Any, model: str) -> None:
    def waits_for(kind: str) -> list[str]:
        return [asset.uri for asset in bag.dags[f"{model}.{kind}"].timetable.asset_condition.objects]

    def updates(kind: str) -> dict[str, list[str]]:
        tasks = bag.dags[f"{model}.{kind}"].tasks
        return {task.task_id: [asset.uri for asset in task.outlets] for task in tasks if task.outlets}

    assert waits_for("train") == [f"airlock://{model}/retrain"]
    assert waits_for("release") == [f"airlock://{model}/candidate"]
    assert updates("train") == {"register": [f"airlock://{model}/candidate"]}
    assert updates("release") == {"announce": [f"airlock://{model}/champion"]}
    assert updates("monitor") == {"retrain": [f"airlock://{model}/retrain"]}
    assert updates("inquire") == {"retrain": [f"airlock://{model}/retrain"]}


@pytest.mark.parametrize("model", SPECS)
def test_a_contest_is_asked_about_until_one_of_the_approvers_answers(bag: Any, model: str) -> None:
    dag = bag.dags[f"{model}.contest"]
    assert edges(dag) == chain("ask", "announce")
    ask = dag.get_task("ask")
    assert [user["id"] for user in ask.assigned_users] == list(SPECS[model].approval.approvers)
    assert (ask.options, ask.defaults, ask.response_timeout) == (["Uphold", "Overturn"], None, None)
    assert dag.get_task("announce").trigger_rule == "none_failed", "skipped by hand is not decided"
    assert dag.max_active_runs == 200, "contests that wait for people hold up no other"
    assert not dag.params


@pytest.mark.parametrize("model", SPECS)
def test_an_incident_that_nobody_can_explain_is_asked_about_until_somebody_who_may_answers(
    bag: Any, model: str
) -> None:
    dag = bag.dags[f"{model}.inquire"]
    assert edges(dag) == chain("ask", "retrain", "announce") | chain("ask", "roll_back", "announce")
    ask = dag.get_task("ask")
    assert [user["id"] for user in ask.assigned_users] == ["dana", "mika", "ria", "omar", "admin"]
    assert (ask.options, ask.defaults) == (["Retrain", "Ignore", "Roll back", "Investigate"], None)
    assert dag.get_task("announce").trigger_rule == "none_failed", "skipped by hand is not answered"
    assert dag.max_active_runs == 50, "questions that wait for people hold up no other"
    assert not dag.params


def test_each_contest_gets_a_run_of_its_own(bag: Any) -> None:
    dag = bag.dags["contests"]
    assert edges(dag) == chain("find", "start")
    assert dag.timetable.expression == "*/5 * * * *"
    assert dag.max_active_runs == 1


def test_every_dag_explains_itself_and_says_whose_it_is(bag: Any) -> None:
    for name, dag in bag.dags.items():
        model, _, kind = name.partition(".")
        assert len(dag.doc_md) > 200, name
        assert dag.catchup is False
        if name in OF_THE_PROJECT:
            assert dag.description and set(dag.tags) == {name}
        else:
            assert SPECS[model].title in dag.description
            assert set(dag.tags) == {model, kind, SPECS[model].risk_tier}


def test_every_task_is_tried_again_and_its_failure_mailed(bag: Any) -> None:
    from airlock.operators.failure import mail_failure

    for dag in bag.dags.values():
        for task in dag.tasks:
            where = f"{dag.dag_id}.{task.task_id}"
            assert task.retries == 2, where
            # No answer is no failure: closing the release says so. Who fills in a form sees it fail.
            by_form = dag.dag_id in {"incident", "keys", "quarantine", "restore", "rollback"}
            silent = task.task_id.startswith("approve_") or by_form
            mails = [] if silent else [mail_failure]
            assert list(task.on_failure_callback or []) == mails, where


def test_every_trigger_form_explains_its_fields(bag: Any) -> None:
    for dag in bag.dags.values():
        for name in dag.params:
            field = dag.params.get_param(name)
            assert field.schema["title"], f"{dag.dag_id}.{name}"
            assert len(field.description) > 20, f"{dag.dag_id}.{name}"
            if dag.dag_id not in OF_THE_PROJECT:
                assert field.value is None or field.value in field.schema["enum"], "it may stay as it is"


def test_quarantine_asks_for_a_decision_and_a_reason(bag: Any) -> None:
    dag = bag.dags["quarantine"]
    assert [task.task_id for task in dag.tasks] == ["settle"]
    assert dag.params.get_param("model").schema["enum"] == list(SPECS)
    good = {"decision": "release", "reason": "checked with the clerk"}
    for given in (good, good | {"rows": [1, 2]}, good | {"rows": None}, good | {"model": "credit_risk"}):
        assert filled_in(dag, given)["decision"] == "release"
    bad = ({"reason": ""}, {"decision": "delete"}, {"model": "nobody"}, {"rows": ["1"]}, {"rows": [0]})
    for given in (*(good | wrong for wrong in bad), {"decision": "drop"}, {"reason": "x"}):
        with pytest.raises(ParamValidationError):
            filled_in(dag, given)


def test_keys_asks_for_a_client_and_never_for_a_key(bag: Any) -> None:
    dag = bag.dags["keys"]
    assert [task.task_id for task in dag.tasks] == ["manage"]
    assert dag.params.get_param("models").schema["examples"] == list(SPECS)
    fingerprint = "0123456789abcdef" * 4
    revoke = {"action": "revoke", "client": "shop", "reason": "the shop closed"}
    issue = {**revoke, "action": "issue", "fingerprint": fingerprint, "scopes": ["predict"]}
    for given in (revoke, revoke | {"fingerprint": fingerprint}, issue, issue | {"expires": "2030-01-31"}):
        assert filled_in(dag, given)["client"] == "shop"
    wrong: tuple[dict[str, Any], ...] = (
        {"fingerprint": "alk_some-key"},
        {"fingerprint": fingerprint.upper()},
        {"scopes": ["smoke_test"]},
        {"scopes": "predict"},
        {"expires": "soon"},
        {"client": ""},
        {"reason": ""},
        {"action": "lend"},
    )
    for change in wrong:
        with pytest.raises(ParamValidationError):
            filled_in(dag, issue | change)


def test_restore_asks_for_an_incident_and_a_reason(bag: Any) -> None:
    dag = bag.dags["restore"]
    assert [task.task_id for task in dag.tasks] == ["restore"]
    good = {"incident": 12, "reason": "somebody tried the alias out"}
    assert filled_in(dag, good)["incident"] == 12
    for wrong in ({"incident": 0}, {"incident": "12"}, {"reason": ""}):
        with pytest.raises(ParamValidationError):
            filled_in(dag, good | wrong)


def test_incident_asks_for_a_number_an_action_and_words(bag: Any) -> None:
    dag = bag.dags["incident"]
    assert [task.task_id for task in dag.tasks] == ["handle"]
    good = {"incident": 12, "action": "note", "reason": "the bureau changed its units"}
    for given in (good, good | {"action": "assign", "whom": "dana"}, good | {"action": "settle"}):
        assert filled_in(dag, given)["incident"] == 12
    for wrong in ({"incident": 0}, {"incident": "12"}, {"action": "delete"}, {"reason": ""}, {"whom": 3}):
        with pytest.raises(ParamValidationError):
            filled_in(dag, good | wrong)


def test_rollback_asks_for_a_model_and_a_reason(bag: Any) -> None:
    dag = bag.dags["rollback"]
    assert [task.task_id for task in dag.tasks] == ["roll_back"]
    good = {"model": "credit_risk", "reason": "it refuses everybody"}
    assert filled_in(dag, good)["model"] == "credit_risk"
    for wrong in (
        {"reason": "x"},
        good | {"reason": ""},
        good | {"model": "nobody"},
        {"model": "credit_risk"},
    ):
        with pytest.raises(ParamValidationError):
            filled_in(dag, wrong)


def test_a_drill_is_held_every_month_and_never_two_at_once(bag: Any) -> None:
    dag = bag.dags["drill"]
    assert [task.task_id for task in dag.tasks] == ["drill"]
    assert dag.timetable.expression == "0 9 1 * *"
    assert dag.max_active_runs == 1 and not dag.params


def filled_in(dag: Any, given: dict[str, Any]) -> Any:
    """Return what a run is started with, as Airflow checks a form."""
    params = copy.deepcopy(dag.params)
    params.update(given)
    return params.validate()
