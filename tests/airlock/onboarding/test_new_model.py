"""`make new-model`: from a file nobody has looked at to files that lack nothing but a person's answers."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from airlock.data.suite import load_suite
from airlock.onboarding import new_model as command
from airlock.onboarding.checking import problems_of
from airlock.onboarding.errors import OnboardingError
from airlock.settings import ROOT
from airlock.spec import load_model
from airlock.spec.questions import UNANSWERED
from tests.airlock.onboarding.shop import (
    MANY,
    answer,
    customers,
    drafted,
    few,
    own_include,
    role_of,
    spec_in,
    without,
    write_csv,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An include folder in which `churn` was drafted from the shop's CSV."""
    folder = tmp_path_factory.mktemp("shop")
    include = own_include(folder)
    drafted(include, write_csv(folder / "customers.csv", customers(MANY)))
    return include


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return own_include(tmp_path)


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("customer id", "identifier"),
        ("signed_up", "event_time"),
        ("months", "feature"),
        ("Größe in m²", "feature"),
        ("plan", "feature"),
        ("paperless", "feature"),
        ("age", "protected"),
        ("sex", "protected"),
        ("country", "ignored"),
        ("note", "ignored"),
        ("closed_on", "ignored"),
        ("churned", "target"),
    ],
)
def test_each_column_gets_the_role_that_its_name_and_values_speak_for(
    shop: Path, column: str, role: str
) -> None:
    assert role_of(shop, column) == role


def test_kinds_task_and_yes_are_taken_from_the_values(shop: Path) -> None:
    spec = spec_in(shop)
    kinds = {name: column.get("kind") for name, column in spec["data"]["columns"].items()}
    assert kinds["months"] == kinds["Größe in m²"] == "number"
    assert (kinds["plan"], kinds["paperless"], kinds["churned"]) == ("category", "boolean", "category")
    assert (spec["task"], spec["data"]["positive"]) == ("binary", "yes")


def test_rows_about_people_are_of_the_strictest_tier_until_somebody_says_otherwise(shop: Path) -> None:
    spec = spec_in(shop)
    assert spec["risk_tier"] == "high"
    assert spec["data"]["columns"]["sex"]["classification"] == "sensitive"
    assert spec["data"]["columns"]["months"]["classification"] == "personal"
    assert spec["approval"] == {"people": 2, "approvers": ["ria", "omar"]}
    assert spec["training"]["split"]["by"] == "time"
    assert spec["monitoring"]["fairness"]["limits"]


def test_what_only_a_person_can_know_is_asked_and_nothing_else_is_wrong(shop: Path) -> None:
    problems = [problem for error in problems_of(shop, "churn") for problem in error.problems]
    assert {problem.wrong for problem in problems} == {UNANSWERED}
    keys = {problem.key for problem in problems}
    assert {"purpose", "data.outcome_delay", "decision.yes_means", "harms.0.severity"} <= keys


def test_a_draft_says_what_stands_in_it(shop: Path) -> None:
    text = (shop / "models" / "churn" / "model.yaml").read_text(encoding="utf-8")
    assert "Drafted by `make new-model` from customers.csv: 840 rows, 13 columns." in text
    assert "it came without a zone and was taken for UTC" in text
    assert "100.0% of its values are the same" in text


def test_the_suite_speaks_of_every_column_that_is_read_and_of_no_other(shop: Path) -> None:
    suite = load_suite(shop / "models" / "churn" / "expectations.json")
    read = {name for name, column in spec_in(shop)["data"]["columns"].items() if column["role"] != "ignored"}
    assert {name for one in suite.expectations for name in one.columns} == read


def test_the_copy_of_the_rows_is_kept_out_of_version_control(shop: Path) -> None:
    folder = shop / "models" / "churn"
    assert pq.read_metadata(folder / "data.parquet").num_rows == MANY
    subprocess.run(["git", "init", "--quiet", shop], check=True)
    listed = subprocess.run(
        ["git", "-C", folder, "ls-files", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert sorted(listed.stdout.split()) == [".gitignore", "expectations.json", "impact.yaml", "model.yaml"]


def test_nothing_else_is_left_in_the_include_folder(shop: Path) -> None:
    assert [path.name for path in shop.glob(".new-*")] == []
    assert [path.name for path in (shop / "models").iterdir()] == ["churn"]


def test_a_feature_that_gives_the_target_away_is_left_out(include: Path, tmp_path: Path) -> None:
    rows = [row | {"farewell": int(row["churned"] == "yes") * 3 + 1} for row in few()]
    drafted(include, write_csv(tmp_path / "customers.csv", rows))
    assert role_of(include, "farewell") == "ignored"
    assert "a leak?" in (include / "models" / "churn" / "model.yaml").read_text(encoding="utf-8")


def test_a_finding_that_would_stop_a_training_is_put_to_a_person(include: Path, tmp_path: Path) -> None:
    rows = [
        row | {"sex": "male" if number % 7 == 0 or (row["churned"] == "yes" and number % 3) else "female"}
        for number, row in enumerate(without(few() * 4, "customer id"))
    ]
    drafted(include, write_csv(tmp_path / "customers.csv", rows))
    asked = spec_in(include)["data"]["inspection"]["accept"]
    assert asked["label_rates.sex.male"].startswith("TODO: churned is yes for")
    answer(include)
    assert load_model(include, "churn").data.inspection.accept["label_rates.sex.male"]


def test_a_file_that_names_no_row_has_its_rows_counted(include: Path, tmp_path: Path) -> None:
    rows = without(few(), "customer id")
    drafted(include, write_csv(tmp_path / "customers.csv", rows))
    spec = spec_in(include)
    assert spec["data"]["entity_key"] == "row_number"
    assert "event_time" not in spec["data"] and spec["training"]["split"]["by"] == "random"
    assert spec["risk_tier"] == "limited", "nothing speaks of people"
    assert pq.read_table(include / "models" / "churn" / "data.parquet")["row_number"][0].as_py() == 1


def test_a_file_without_a_header_is_read_by_the_names_that_are_given(include: Path, tmp_path: Path) -> None:
    rows = few()
    file = write_csv(tmp_path / "customers.data", rows, separator=" ", header=False)
    drafted(include, file, header=list(rows[0]))
    assert spec_in(include)["data"]["entity_key"] == "customer id"


def test_a_number_with_many_values_is_a_regression(include: Path, tmp_path: Path) -> None:
    rows = [row | {"spent": 12.5 * row["months"] + row["calls"] + 0.37} for row in without(few(), "churned")]
    drafted(include, write_csv(tmp_path / "customers.csv", rows), target="spent")
    spec = spec_in(include)
    assert (spec["task"], spec["training"]["select_by"]) == ("regression", "rmse")
    assert "decision" not in spec and "positive" not in spec["data"]


def test_a_text_with_a_few_values_is_a_class_each(include: Path, tmp_path: Path) -> None:
    drafted(include, write_csv(tmp_path / "customers.csv", few()), target="plan")
    assert spec_in(include)["task"] == "multiclass"


def test_a_parquet_file_keeps_its_types_and_loses_what_no_spec_can_read(
    include: Path, tmp_path: Path
) -> None:
    rows = [
        {**row, "score": row["calls"] / 3, "tags": ["a"], "churned": row["churned"] == "yes"} for row in few()
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "customers.parquet")
    made = drafted(include, tmp_path / "customers.parquet")
    spec = spec_in(include)
    assert made.unreadable == ("tags",)
    assert "tags" not in spec["data"]["columns"]
    assert spec["data"]["columns"]["score_given"]["role"] == "feature", (
        "score is a name of the prediction log"
    )
    assert spec["data"]["positive"] is True


def test_quotes_and_backslashes_are_what_they_are(include: Path, tmp_path: Path) -> None:
    rows = [
        row | {'is "bad"': '5"' if row["churned"] == "yes" else r"\d"} for row in without(customers(), "note")
    ]
    source = write_csv(tmp_path / "customers.csv", without(rows, "churned", "closed_on"))
    drafted(include, source, target='is "bad"')
    spec = spec_in(include)
    assert spec["data"]["target"] == 'is "bad"' and spec["data"]["positive"] in ('5"', r"\d")
    assert spec["data"]["outcome_delay"].startswith('TODO: How long after signed_up is is "bad" known')


def test_a_column_that_is_called_as_another_will_be_is_kept(include: Path, tmp_path: Path) -> None:
    rows = [row | {"score": row["calls"] / 3, "score_given": row["months"] * 2} for row in few()]
    drafted(include, write_csv(tmp_path / "customers.csv", rows))
    copied = pq.read_table(include / "models" / "churn" / "data.parquet")
    assert copied["score_given_"][0].as_py() == pytest.approx(rows[0]["score"])
    assert copied["score_given"][0].as_py() == rows[0]["score_given"]
    assert {"score_given", "score_given_"} <= spec_in(include)["data"]["columns"].keys()


REFUSED = {
    "a name that is no model's": (
        {"name": "Churn 1"},
        "NAME: 'Churn 1' is not a model name. Use small letters",
    ),
    "a source that is nothing": (
        {"source": "nowhere.csv"},
        "SOURCE: 'nowhere.csv' is no file and no table. Name a CSV or Parquet file",
    ),
    "a connection that Airflow does not know": (
        {"source": "warehouse:public.customers"},
        "SOURCE: the connection 'warehouse' cannot be used: The conn_id warehouse is not defined.",
    ),
    "a target that is no column": (
        {"target": "left"},
        "TARGET: customers.csv has no column 'left'. It has: ",
    ),
    "a target that is a moment": ({"target": "signed_up"}, "TARGET: 'signed_up' is a moment."),
    "a target that never differs": ({"target": "country"}, "TARGET: 'country' is the same in every row."),
    "a target that names rows": ({"target": "note"}, "TARGET: 'note' has 240 different texts, too many"),
    "too few names": ({"header": ["a", "b"]}, "HEADER: names 2 columns, and customers.csv has 13."),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_drafted_is_refused_and_leaves_nothing(
    include: Path, tmp_path: Path, what: str
) -> None:
    given, message = REFUSED[what]
    file = write_csv(tmp_path / "customers.csv", customers())
    before = sorted(include.rglob("*"))
    with pytest.raises(OnboardingError) as caught:
        drafted(include, **{"source": file, **given})
    assert str(caught.value).startswith(message)
    assert sorted(include.rglob("*")) == before


FILES = {
    "no columns": ("one\ntwo, three\n", "do not fall into columns"),
    "no header": ("1,2,yes\n3,4,no\n", "holds '1', which is no column's name. Name its 3 columns"),
    "no rows": ("a,b,churned\n", "holds no rows"),
    "a name twice": ("a,a,churned\nx,y,z\n", "has the column 'a' twice"),
    "too few of a class": (
        "a,b,churned\n" + "".join(f"{n},x{n},no\n" for n in range(9)) + "9,x,yes\n",
        "in 1 rows only",
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_cannot_be_used_is_refused_with_the_cure(
    include: Path, tmp_path: Path, what: str
) -> None:
    text, message = FILES[what]
    file = tmp_path / "customers.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(OnboardingError, match=message):
        drafted(include, file)
    assert list((include / "models").iterdir()) == []


def test_a_file_that_is_not_utf_8_is_refused_with_the_cure(include: Path, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes("größe,churned\n1,yes\n".encode("latin1"))
    with pytest.raises(OnboardingError, match="is not UTF-8. Turn it into UTF-8 first, such as: iconv"):
        drafted(include, file)


def test_every_column_that_gives_the_target_away_leaves_nothing_to_learn_from(
    include: Path, tmp_path: Path
) -> None:
    rows = [
        {"id": row["customer id"], "twin": row["churned"] + "!", "churned": row["churned"]}
        for row in customers()
    ]
    with pytest.raises(OnboardingError, match="each column that is left gives 'churned' away: twin"):
        drafted(include, write_csv(tmp_path / "customers.csv", rows))
    assert list((include / "models").iterdir()) == [] == list(include.glob(".new-*"))


@pytest.mark.parametrize("taken", ["models/churn", "catalogue/churn.yaml"])
def test_nothing_is_written_over(include: Path, tmp_path: Path, taken: str) -> None:
    (include / taken).mkdir(parents=True)
    with pytest.raises(OnboardingError, match="is there already. Choose another name"):
        drafted(include, write_csv(tmp_path / "customers.csv", customers()))


def test_the_command_says_what_to_look_at_and_what_to_answer(
    include: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(include))
    file = write_csv(tmp_path / "customers.csv", without(customers(MANY), "note", "plan", "paperless"))
    assert command.main(["--name=churn", f"--source={file}", "--target=churned"]) == 0
    said = capsys.readouterr().out
    assert "protected   age, sex" in said and "event time  signed_up" in said
    assert "data.outcome_delay: How long after signed_up is churned known for certain" in said
    assert command.main(["--name=churn", f"--source={file}", "--target=churned"]) == 1
    assert "is there already" in capsys.readouterr().err


def test_the_command_names_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--name=churn", "--source=customers.csv"]) == 2
    assert capsys.readouterr().err.startswith("TARGET is missing. Write, such as: make new-model NAME=churn")


def test_make_knows_the_command() -> None:
    told = subprocess.run(
        ["make", "-n", "new-model", "NAME=churn", "SOURCE=a.csv", "TARGET=b"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert '--name "${NAME:-}" --source "${SOURCE:-}" --target "${TARGET:-}"' in told.stdout
    assert sys.version_info[:2] == (3, 11)


def test_an_entry_of_the_catalogue_is_drafted_for_whoever_answers_for_the_data(shop: Path) -> None:
    entry = yaml.safe_load((shop / "catalogue" / "churn.yaml").read_text(encoding="utf-8"))
    assert entry["columns"]["sex"] == {"classification": "sensitive", "protected": True}
    assert entry["responsible"]["name"].startswith("TODO:")


def test_groups_that_no_gate_could_compare_are_put_to_a_person(include: Path, tmp_path: Path) -> None:
    rows = [row | {"foreign": "yes" if number % 20 == 0 else "no"} for number, row in enumerate(few() * 3)]
    drafted(include, write_csv(tmp_path / "customers.csv", without(rows, "customer id")))
    asked = spec_in(include)["data"]["columns"]["foreign"]
    assert asked["role"].startswith("TODO: protected or ignored? Of its groups only no has rows enough")
    assert asked["kind"] == "category", "whatever the answer is, nothing else must be written"
    text = (include / "models" / "churn" / "model.yaml").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.strip().startswith("foreign:")]
    assert line.endswith("# by its name a group of people")
    answer(include)
    assert problems_of(include, "churn") == ()
