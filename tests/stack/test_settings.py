import os
import subprocess
import sys
from pathlib import Path

import pytest

from stack.compose import ONLY_COMPOSE, missing_lines
from stack.errors import StackError
from stack.settings import DEFAULTS, ROOT, read_settings


def write(folder: Path, text: str) -> Path:
    file = folder / ".env"
    file.write_text(text)
    return file


def test_the_defaults_fit_a_checkout(tmp_path: Path) -> None:
    settings = read_settings({}, tmp_path / ".env")
    assert settings.home == ROOT / ".airlock"
    assert settings.store == ROOT / ".airlock" / "store"
    assert settings.airflow_url == "http://127.0.0.1:8080"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "# a comment\n\nAIRLOCK_MLFLOW_PORT = 5001\nAIRLOCK_SCORING_PORT='8001'\n")
    settings = read_settings({"AIRLOCK_MLFLOW_PORT": "5002", "HOME": "/elsewhere"}, file)
    assert (settings.mlflow_port, settings.scoring_port) == (5002, 8001)


def test_a_relative_home_starts_at_the_checkout(tmp_path: Path) -> None:
    assert read_settings({"AIRLOCK_HOME": "there"}, tmp_path / ".env").store == ROOT / "there" / "store"


def test_the_store_may_lie_in_an_object_storage_whose_cache_is_in_the_home(tmp_path: Path) -> None:
    settings = read_settings({"AIRLOCK_HOME": "there", "AIRLOCK_STORE": "s3://bank/a"}, tmp_path / ".env")
    assert settings.store == settings.variables["AIRLOCK_STORE"] == "s3://bank/a"
    assert settings.store_cache == ROOT / "there" / "store-cache"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("AIRLOCK_PORT=1", "line 1: AIRLOCK_PORT is no known setting. Known ones: AIRLOCK_HOME"),
        ("\nAIRLOCK_HOME", "line 2: 'AIRLOCK_HOME' is no setting. Write KEY=value."),
        ("AIRLOCK_SMTP_PORT=http", "AIRLOCK_SMTP_PORT is 'http', which is no port."),
        ("AIRLOCK_SMTP_PORT=70000", "Write a number from 1 to 65535."),
        ("AIRLOCK_STORE=gs://bank", "AIRLOCK_STORE is 'gs://bank'. Write a folder, or s3://<bucket>/<path>."),
        ("AIRLOCK_STORE=s3://", "AIRLOCK_STORE is 's3://'. Write a folder"),
        ("AIRLOCK_STORE=s3://bank//a?b", "AIRLOCK_STORE is 's3://bank//a?b'. Write a folder"),
        ("AIRLOCK_SCORING_WORKERS=0", "AIRLOCK_SCORING_WORKERS is '0', which is no number of processes."),
        ("AIRLOCK_WORKERS=two", "AIRLOCK_WORKERS is 'two', which is no number of processes."),
        ("AIRLOCK_WORKERS=65", "Write a number from 0 to 64."),
        ("AIRLOCK_SMTP_PORT=8080", "AIRLOCK_AIRFLOW_PORT and AIRLOCK_SMTP_PORT are both 8080"),
    ],
)
def test_a_wrong_line_is_named_with_its_cure(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(StackError) as refusal:
        read_settings({}, write(tmp_path, text))
    assert said in str(refusal.value)


def test_workers_have_names_and_none_is_the_default(tmp_path: Path) -> None:
    assert read_settings({}, tmp_path / ".env").worker_names == ()
    assert read_settings({"AIRLOCK_WORKERS": "2"}, tmp_path / ".env").worker_names == ("w1", "w2")


def test_another_process_reads_the_same_settings(tmp_path: Path) -> None:
    chosen = {
        key: str(tmp_path / key) if not value.isdecimal() else str(int(value) + 1)
        for key, value in DEFAULTS.items()
    }
    settings = read_settings(chosen, tmp_path / ".env")
    assert settings.variables == chosen
    assert read_settings(settings.variables, tmp_path / ".env") == settings


def test_the_example_names_every_setting_and_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert given == DEFAULTS


def test_the_example_explains_every_secret_of_compose_and_sets_none() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if "COMPOSE_" in line] == [f"# {key}=" for key in ONLY_COMPOSE]


def test_the_secrets_of_compose_are_no_settings_of_the_stack(tmp_path: Path) -> None:
    text = "\n".join(["AIRLOCK_SMTP_PORT=1026", *missing_lines("")])
    assert read_settings({}, write(tmp_path, text)) == read_settings(
        {}, write(tmp_path, "AIRLOCK_SMTP_PORT=1026")
    )


@pytest.mark.parametrize("program", ["stack.supervisor", "stack.compose", "stack.mailbox", "stack.again"])
def test_its_programs_start_where_nobody_has_said_where_airlock_is(program: str) -> None:
    code = f"import sys, {program}; assert 'airlock' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={"PATH": os.environ["PATH"]}, check=True)
