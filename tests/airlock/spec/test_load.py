"""Reading model.yaml: each way to be wrong is one message with the file, the key and the cure."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from airlock.settings import ROOT
from airlock.spec import SpecError, load_model, load_policy, model_names
from airlock.spec.policy import Tier

FILE = "models/credit_risk/model.yaml"
SQL = "  source:\n    sql:\n"

#: old text, new text, what the message must say about it: the key, what is wrong, the cure
WRONG = {
    "unknown key": ("owner:", "onwer:", ("onwer:", "not a key", "Did you mean 'owner'?")),
    "missing key": ("task: binary\n", "", ("task:", "missing", "Add it")),
    "unknown nested key": ('{schedule: "0 1', '{shedule: "0 1', ("deployment.batch.shedule:", "'schedule'")),
    "unknown key of a column": ("unit: EUR a month", "units: EUR", ("data.columns.income.units:", "'unit'")),
    "unknown key in a list": (
        "{metric: brier, at_most",
        "{metric: brier, at_mots",
        ("gates.limits.1.at_mots:", "'at_most'"),
    ),
    "wrong type": ("folds: 3", "folds: three", ("training.cross_validation.folds:", "'three'", "integer")),
    "wrong choice": (
        "task: binary",
        "task: ranking",
        ("task:", "'ranking'", "'binary', 'multiclass' or 'regression'"),
    ),
    "unknown role": (
        "role: protected, kind: number",
        "role: protect, kind: number",
        ("data.columns.age.role:", "'protected'"),
    ),
    "missing kind": ("kind: boolean, ", "", ("data.columns.defaulted:", "needs a kind", "Add kind")),
    "unknown tier": ("risk_tier: high", "risk_tier: higher", ("risk_tier:", "'higher'", "'high'")),
    "unit of time": ("90d", "90 days", ("data.outcome_delay:", "'90 days'", "such as 90d")),
    "number without a unit of time": (
        "history: 365d",
        "history: 365",
        ("data.history:", "365", "such as 90d"),
    ),
    "no training at all": ("budget: 2", "budget: 0", ("monitoring.retraining.budget:", "0", "1")),
    "a retraining that holds all that is new out": (
        "fresh: 0.5",
        "fresh: 0.25",
        ("spec:", "monitoring.retraining.fresh is 0.25", "newest 0.25 are held out", "Write more than 0.25"),
    ),
    "a retraining that reads more than is kept": (
        "history: 180d",
        "history: 366d",
        ("spec:", "monitoring.retraining.history", "further back than data.history", "Shorten it"),
    ),
    "no time at all": ("history: 365d", "history: 0d", ("data.history:", "no time at all", "1m or more")),
    "schedule": ('"0 3 * * *"', '"0 3 * *"', ("monitoring.schedule:", "'0 3 * *'", "five fields")),
    "mail address": ("dana@airlock.example}", "dana}", ("owner.email:", "valid email address", "@-sign")),
    "target that is no column": (
        "target: defaulted",
        "target: default",
        ("data:", "'default'", "Add it to columns"),
    ),
    "time that is no column": (
        "event_time: applied_at",
        "event_time: applied",
        ("data:", "'applied'", "Add it to columns"),
    ),
    "key with another role": (
        "entity_key: application_id",
        "entity_key: channel",
        ("data:", "'channel'", "role: identifier"),
    ),
    "second target": (
        "region: {role: protected",
        "region: {role: target",
        ("data:", "region", "Write ignored"),
    ),
    "feature that hides a column of the log": (
        "channel: {role",
        "score: {role",
        ("data:", "score cannot be a feature's name", "such as score_given"),
    ),
    "no source": (SQL, "  source:\n    sqll:\n", ("data.source.sqll:", "'sql'")),
    "two sources": (
        SQL,
        "  source:\n    file: {path: a.csv, format: csv}\n    sql:\n",
        ("data.source:", "sql and file", "Keep exactly one"),
    ),
    "format of a file": (
        SQL,
        "  source:\n    file: {path: a.xls, format: excel}\n    sql:\n",
        ("data.source.file.format:", "'csv' or 'parquet'"),
    ),
    "metric of another task": ("metric: brier", "metric: rmse", ("spec:", "'rmse'", "Use one of roc_auc")),
    "metric to select by": ("select_by: roc_auc", "select_by: auc", ("spec:", "training.select_by", "'auc'")),
    "limit with two bounds": (
        "at_least: 0.70",
        "at_least: 0.70, at_most: 0.9",
        ("gates.limits.0:", "one bound", "either"),
    ),
    "limit that is not a number": (
        "at_least: 0.70",
        "at_least: .nan",
        ("gates.limits.0.at_least:", "finite"),
    ),
    "binary without positive": ("  positive: true\n", "", ("spec:", "data.positive", "Add it")),
    "positive of no type": ("positive: true", "positive: 1.5", ("data.positive:", "1.5 does not fit")),
    "regression of a boolean": ("task: binary", "task: regression", ("spec:", "regression")),
    "candidate name": (
        "logistic_regression:",
        "logistic-regression:",
        ("training:", "'logistic-regression'", "underscores"),
    ),
    "search without values": (
        "C: [0.03, 0.3, 3.0]",
        "C: 0.3",
        ("training.candidates.logistic_regression.search.space.C:", "list"),
    ),
    "too few approvers": (
        "approvers: [ria, omar]",
        "approvers: [ria]",
        ("approval:", "2 distinct people", "Name more approvers"),
    ),
    "an approver twice": (
        "approvers: [ria, omar]",
        "approvers: [ria, omar, ria]",
        ("approval:", "names ria twice", "Name each once"),
    ),
    "an approver whom nobody knows": (
        "approvers: [ria, omar]",
        "approvers: [ria, omar, otto]",
        ("approval.approvers:", "otto is not in people.yaml", "with the role approver"),
    ),
    "an approver without the role": (
        "approvers: [ria, omar]",
        "approvers: [ria, omar, dana]",
        ("approval.approvers:", "dana has not the role approver", "or remove them"),
    ),
    "approvers with their addresses, as they once were": (
        "approvers: [ria, omar]",
        "approvers: {ria: ria@airlock.example, omar: omar@airlock.example}",
        ("approval.approvers:", "does not fit"),
    ),
    "not YAML": ("title: C", "title: [C", ("file:", "is not YAML", "Mend that line")),
    "a key twice": (
        "task: binary",
        "task: binary\ntask: regression",
        ("file:", "'task' is written twice", "line"),
    ),
    "a column twice": ("    age: {role", "    amount: {role", ("file:", "'amount' is written twice")),
    "the name in the file": (
        "title: C",
        "name: loans\ntitle: C",
        ("name:", "is not written in the file", "Remove it"),
    ),
}


@pytest.mark.parametrize("old, new, said", WRONG.values(), ids=WRONG.keys())
def test_says_file_key_and_cure(
    refusal: Callable[..., str], include: Path, old: str, new: str, said: tuple[str, ...]
) -> None:
    message = refusal(old, new)
    key, *rest = said
    assert message.startswith(str(include / FILE))
    assert f"{include / FILE}: {key}" in message
    for words in rest:
        assert words in message


def test_one_person_under_two_names_is_refused(refusal: Callable[..., str]) -> None:
    message = refusal("email: omar@airlock.example", "email: Ria@airlock.example", file="people.yaml")
    assert f"{FILE}: approval.approvers: ria and omar share the address ria@airlock.example." in message


def test_without_people_no_model_can_be_used(include: Path) -> None:
    (include / "people.yaml").unlink()
    with pytest.raises(SpecError, match=r"people.yaml: file: is missing"):
        load_model(include, "credit_risk")


def test_the_digest_does_not_follow_an_address(edited: Callable[..., object], include: Path) -> None:
    before = load_model(include, "credit_risk").digest
    assert edited("email: ria@", "email: ria.moreau@", file="people.yaml").digest == before


def test_tells_one_mistake_once(refusal: Callable[..., str]) -> None:
    assert len(refusal("positive: true", "positive: 1.5").splitlines()) == 1


def test_tells_every_mistake_at_once(refusal: Callable[..., str]) -> None:
    message = refusal("title: Credit default risk\n", "titel: x\nrisk: y\n")
    assert [line.split(": ")[1] for line in message.splitlines()] == ["title", "titel", "risk"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"loans/model.yaml: file: is missing\. Write it"):
        load_model(tmp_path, "loans")


@pytest.mark.parametrize("name", ["Loans", "my-loans", "../loans", "1st"])
def test_a_folder_that_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SpecError, match="is not a model name"):
        load_model(tmp_path, name)


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "just words\n"])
def test_a_file_without_keys_is_refused(include: Path, content: str) -> None:
    (include / FILE).write_text(content)
    with pytest.raises(SpecError, match="holds no keys"):
        load_model(include, "credit_risk")


def test_bytes_that_are_no_text_are_refused(include: Path) -> None:
    (include / FILE).write_bytes(b"title: \xff\xfe\n")
    with pytest.raises(SpecError, match="is not YAML"):
        load_model(include, "credit_risk")


def test_the_error_survives_the_way_between_processes(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load_model(tmp_path, "loans")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.problems) == (str(caught.value), caught.value.problems)


def test_the_digest_follows_the_content_and_nothing_else(
    edited: Callable[..., object], include: Path
) -> None:
    before = load_model(include, "credit_risk").digest
    assert edited("title: Credit", "\n# a remark\ntitle: Credit").digest == before
    assert edited("seed: 7", "seed: 8").digest != before


def test_the_digest_follows_the_policy_too(edited: Callable[..., object], include: Path) -> None:
    before = load_model(include, "credit_risk").digest
    assert edited("at_most: 0.10", "at_most: 0.09", file="policies/high.yaml").digest != before


def test_a_separator_that_is_white_space_is_kept(edited: Callable[..., object]) -> None:
    start = '  source:\n    file: {path: a.tsv, format: csv, separator: "\\t"}\n  entity_key:'
    text = (ROOT / "include" / FILE).read_text()
    query = text[text.index("  source:") : text.index("  entity_key:")]
    assert edited(query + "  entity_key:", start).data.source.kind.separator == "\t"


def test_every_model_of_the_project_loads() -> None:
    names = model_names(ROOT / "include" / "models")
    assert {"credit_risk", "tumour_diagnosis"} <= set(names)
    for name in names:
        assert load_model(ROOT / "include", name).name == name


@pytest.mark.parametrize("schedule", ["0 3 1 1 *", "0 3 * * 1-5", "@weekly"])
def test_a_watch_that_leaves_nights_out_is_refused(refusal: Callable[..., str], schedule: str) -> None:
    refused = refusal('schedule: "0 3 * * *"', f'schedule: "{schedule}"')
    assert f"monitoring.schedule: '{schedule}' does not fire every day" in refused


@pytest.mark.parametrize("tier", Tier)
def test_every_policy_of_the_project_loads(tier: Tier) -> None:
    assert load_policy(ROOT / "include", tier).people >= 0


@pytest.mark.parametrize(
    "title", ["Credit\\nrisk", "Credit\\u202erisk", "C" * 121], ids=["break", "hidden", "long"]
)
def test_a_title_that_would_break_a_mail_is_refused(refusal: Callable[..., str], title: str) -> None:
    assert "title: " in refusal("title: Credit default risk", f'title: "{title}"')


def test_a_file_that_was_edited_is_read_again_and_mended_too(include: Path) -> None:
    before, policy = load_model(include, "credit_risk"), include / "policies" / "high.yaml"
    text = policy.read_text()
    policy.write_text(f"{text}\nno_such_key: 1\n")
    for _ in range(2):
        with pytest.raises(SpecError, match="no_such_key"):
            load_model(include, "credit_risk")
    policy.write_text(text)
    assert load_model(include, "credit_risk") == before
