"""The running stack that all end-to-end tests share; it takes most of a minute to start."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.people import People
from demo.progress import Progress
from stack.airflow_records import Run
from stack.settings import ROOT
from tests.e2e.records import Records
from tests.e2e.running_stack import RunningStack, new_settings
from tests.e2e.trained import Trained, registered
from tests.e2e.variations import add_model
from tests.stack.ports import free_ports

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the stack."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """Start a stack of the tests' own, with a copy of `include/` that a test may add to."""
    folder = tmp_path_factory.mktemp("stack")
    shutil.copytree(ROOT / "include", folder / "include")
    running = RunningStack(new_settings(folder, folder / "include", free_ports(4)))
    try:
        running.up()
        yield running
    finally:
        running.command("clean")


@pytest.fixture(scope="session")
def people(stack: RunningStack) -> People:
    """Dana, who trains, and ria and omar, who approve."""
    return People(stack.settings, Progress())


@pytest.fixture(scope="session")
def records(stack: RunningStack) -> Records:
    """What the installation has on record."""
    return Records.of(stack)


@pytest.fixture(scope="session")
def diagnosis_training(people: People) -> Run:
    """A training of tumour_diagnosis that has begun."""
    return people.train("tumour_diagnosis", "the clinic asked for it")


@pytest.fixture(scope="session")
def diagnosis(people: People, diagnosis_training: Run) -> Trained:
    """A registered candidate of tumour_diagnosis; the release it started waits for its approval."""
    return registered(people, diagnosis_training)


@pytest.fixture(scope="session")
def guarded_training(stack: RunningStack, people: People) -> Run:
    """A training that has begun, of a model about which dana, who trains it, may be asked as well."""

    def spec(content: dict[str, Any]) -> None:
        content["approval"]["approvers"]["dana"] = "dana@airlock.example"

    add_model(stack, "guarded", spec)
    return people.train("guarded", "to see what is refused")


@pytest.fixture(scope="session")
def guarded(people: People, guarded_training: Run) -> Trained:
    """A registered candidate of the model `guarded`."""
    return registered(people, guarded_training)
