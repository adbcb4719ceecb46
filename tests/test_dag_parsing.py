"""Parsing Dag files: the same every time, light, and a broken spec breaks nothing but its own Dags."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from airlock.settings import ROOT
from tests.dag_files import (
    DAGS,
    INCLUDE,
    OF_THE_PROJECT,
    SPECS,
    DagSerialization,
    dag_ids,
    edges,
    parse,
    release_edges,
    serialised,
)

HEAVY = (
    "evidently", "fairlearn", "great_expectations", "mlflow", "pandas", "polars", "pyarrow", "shap",
    "sklearn", "skops",
)  # fmt: skip
#: Where Airflow says whose task it is about to run; `get_parsing_context` reads it.
RUNNING = "_AIRFLOW_PARSING_CONTEXT_DAG_ID"
#: What `python -c` runs: one Dag file as the Dag processor runs it, then which heavy libraries came with it.
RUN_AND_LIST = """
import json, runpy, sys
runpy.run_path(sys.argv[1])
print(json.dumps([name for name in sys.argv[2:] if name in sys.modules]))
"""


@pytest.fixture(scope="module")
def bag() -> Any:
    return parse()


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of include/ that the Dag files read."""
    folder = shutil.copytree(INCLUDE, tmp_path / "include")
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(folder))
    return folder


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_parsing_again_makes_no_new_version(bag: Any) -> None:
    assert serialised(parse()) == serialised(bag)


def test_what_is_stored_can_be_read_back(bag: Any) -> None:
    for name, stored in serialised(bag).items():
        again = DagSerialization.from_dict(json.loads(json.dumps(stored)))
        assert again.task_dict.keys() == bag.dags[name].task_dict.keys()
        assert edges(again) == edges(bag.dags[name])


def test_no_clock_and_no_chance_in_a_dag_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.utils.dag_version_inflation_checker import check_dag_file_stability

    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_VERSION_INFLATION_CHECK_LEVEL", "error")
    for file in sorted(DAGS.glob("*.py")):
        assert check_dag_file_stability(file).format_warnings() is None, file.name


def test_an_edited_policy_makes_new_versions_of_its_models_and_of_no_others(bag: Any, include: Path) -> None:
    replace(include / "policies" / "high.yaml", "at_most: 0.10", "at_most: 0.09")
    before, after = serialised(bag), serialised(parse())
    changed = {name for name in before if before[name] != after[name]}
    assert changed == dag_ids(*(spec for spec in SPECS.values() if spec.risk_tier == "high"))


def test_an_edited_spec_makes_new_versions_of_its_own_dags(bag: Any, include: Path) -> None:
    replace(include / "models" / "credit_risk" / "model.yaml", "seed: 7", "seed: 8")
    before, after = serialised(bag), serialised(parse())
    assert {name for name in before if before[name] != after[name]} == dag_ids(SPECS["credit_risk"])


def test_a_broken_spec_breaks_its_own_dags_only_and_says_where_and_how_to_mend_it(include: Path) -> None:
    file = include / "models" / "credit_risk" / "model.yaml"
    replace(file, "risk_tier: high", "risk_tier: high\nrisk_teir: high")
    bag = parse()
    assert set(bag.dags) == dag_ids(SPECS["tumour_diagnosis"]) | OF_THE_PROJECT
    assert [Path(name).name for name in bag.import_errors] == ["specs.py"]
    (message,) = bag.import_errors.values()
    assert f"{file}: risk_teir: is not a key Airlock knows. Did you mean 'risk_tier'?" in message


def test_every_broken_spec_is_named_at_once(include: Path) -> None:
    for model in SPECS:
        replace(include / "models" / model / "model.yaml", "task: binary", "task: binnary")
    bag = parse()
    assert set(bag.dags) == OF_THE_PROJECT
    (message,) = bag.import_errors.values()
    for model in SPECS:
        assert f"models/{model}/model.yaml: task: 'binnary' does not fit." in message


def test_a_new_model_s_folder_is_enough(bag: Any, include: Path) -> None:
    shutil.copytree(include / "models" / "tumour_diagnosis", include / "models" / "second_look")
    assert set(parse().dags) - set(bag.dags) == {
        f"second_look.{kind}" for kind in ("train", "release", "monitor", "reproduce", "contest", "inquire")
    }


def test_a_policy_that_asks_for_nobody_leaves_no_approval_to_give(include: Path) -> None:
    spec = include / "models" / "tumour_diagnosis" / "model.yaml"
    replace(spec, "risk_tier: limited", "risk_tier: minimal")
    replace(spec, "  people: 1", "  people: 0")
    assert edges(parse().dags["tumour_diagnosis.release"]) == release_edges(people=0)


def test_before_a_task_its_own_model_alone_is_read(
    bag: Any, include: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (include / "models" / "tumour_diagnosis" / "model.yaml").write_text("nobody: reads this")
    for kind in ("train", "release", "monitor", "score", "reproduce", "contest", "inquire"):
        running = f"credit_risk.{kind}"
        monkeypatch.setenv(RUNNING, running)
        read = parse(DAGS / f"{kind}.py")
        assert not read.import_errors
        assert serialised(read) == {running: serialised(bag)[running]}


def test_before_a_task_of_no_model_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from airlock.operators.specs import usable_specs, wired_specs

    monkeypatch.setenv(RUNNING, "retention")
    assert wired_specs() == ()
    assert {spec.name for spec in usable_specs()} == set(SPECS)


@pytest.mark.parametrize("file", sorted(path.name for path in DAGS.glob("*.py")))
def test_parsing_a_dag_file_imports_no_heavy_library(file: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN_AND_LIST, str(DAGS / file), *HEAVY],
        env={**os.environ, "PYTHONPATH": str(ROOT / "plugins")},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


# Airflow still uses the name that pathspec has given up.
@pytest.mark.filterwarnings("ignore:GitWildMatchPattern")
def test_airflow_runs_the_plugin_s_file_and_none_of_the_package() -> None:
    from airflow._shared.module_loading import find_path_from_directory

    found = find_path_from_directory(str(ROOT / "plugins"), ".airflowignore", "glob")
    assert {Path(path).name for path in found if path.endswith(".py")} == {"airlock_plugin.py"}
