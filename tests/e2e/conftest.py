"""The running stack that all end-to-end tests share; it takes most of a minute to start."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.people import People
from demo.progress import Progress
from stack.airflow_records import Run
from stack.settings import ROOT
from tests.e2e.browser import CHROMIUM, chromium
from tests.e2e.models import (
    FAULTY,
    GUARDED,
    SLOW,
    add_faulty_model,
    add_guarded_model,
    add_refused_models,
    add_slow_model,
)
from tests.e2e.records import Records
from tests.e2e.running_stack import RunningStack, new_settings
from tests.e2e.trained import Trained, registered
from tests.stack.ports import free_ports

if TYPE_CHECKING:
    from playwright.sync_api import Page

HERE = Path(__file__).parent
MODELS = ("refused_models", "guarded_model", "faulty_model", "slow_model")
TRAININGS = (
    "diagnosis_training",
    "refused_trainings",
    "guarded_training",
    "faulty_training",
    "slow_training",
)
#: These release tumour_diagnosis, so they come last: the others need its question open.
RELEASING = ("test_contests", "test_out_of_band")
BROWSER = (
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: apt install chromium"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the stack, and what opens a page needs a browser."""
    places = [place for place, item in enumerate(items) if item.path.is_relative_to(HERE)]
    ours = sorted((items[place] for place in places), key=lambda item: item.path.stem in RELEASING)
    for place, item in zip(places, ours, strict=True):
        items[place] = item
        item.add_marker(pytest.mark.e2e)
        for mark in BROWSER if "page" in getattr(item, "fixturenames", ()) else ():
            item.add_marker(mark)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """Start a stack of the tests' own, with a copy of `include/` that a test may add to."""
    folder = tmp_path_factory.mktemp("stack")
    shutil.copytree(ROOT / "include", folder / "include")
    _let_nights_ask_at_once(folder / "include" / "models" / "credit_risk" / "model.yaml")
    running = RunningStack(new_settings(folder, folder / "include", free_ports(4)))
    try:
        running.up()
        yield running
    finally:
        running.command("clean")


def _let_nights_ask_at_once(spec: Path) -> None:
    """Let credit_risk be trained again on all there is, without waiting half a year for new outcomes."""
    text, waiting = spec.read_text(encoding="utf-8"), "history: 180d, fresh: 0.5"
    assert waiting in text
    spec.write_text(text.replace(waiting, "fresh: 0"), encoding="utf-8")


@pytest.fixture(scope="session")
def people(stack: RunningStack) -> People:
    """Dana, who trains, and ria and omar, who approve."""
    return People(stack.settings, Progress())


@pytest.fixture(scope="session")
def records(stack: RunningStack) -> Records:
    """What the installation has on record."""
    return Records.of(stack)


@pytest.fixture
def page() -> Iterator["Page"]:
    """A browser in which nobody is logged in."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session", autouse=True)
def begun(request: pytest.FixtureRequest) -> None:
    """Begin every training that a collected test waits for, so that they share the wait."""
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    models = [name for name in MODELS if name in wanted]  # all their folders before the first is waited for
    for name in (*models, *(name for name in TRAININGS if name in wanted)):
        request.getfixturevalue(name)


@pytest.fixture(scope="session")
def diagnosis_training(people: People) -> Run:
    """A training of tumour_diagnosis that has begun."""
    return people.train("tumour_diagnosis", "the clinic asked for it")


@pytest.fixture(scope="session")
def diagnosis(people: People, diagnosis_training: Run) -> Trained:
    """A registered candidate of tumour_diagnosis; the release it started waits for its approval."""
    return registered(people, diagnosis_training)


@pytest.fixture(scope="session")
def refused_models(stack: RunningStack) -> tuple[str, ...]:
    """A model for each way in which nothing is deployed."""
    return add_refused_models(stack)


@pytest.fixture(scope="session")
def refused_trainings(people: People, refused_models: tuple[str, ...]) -> dict[str, Run]:
    """A training that has begun of each of them."""
    return {name: people.train(name, "to see what is refused") for name in refused_models}


@pytest.fixture(scope="session")
def guarded_model(stack: RunningStack) -> str:
    """A model about which dana, who trains it, may be asked as well."""
    add_guarded_model(stack)
    return GUARDED


@pytest.fixture(scope="session")
def guarded_training(people: People, guarded_model: str) -> Run:
    """A training of it that has begun."""
    return people.train(guarded_model, "to see what is refused")


@pytest.fixture(scope="session")
def guarded(people: People, guarded_training: Run) -> Trained:
    """A registered candidate of it."""
    return registered(people, guarded_training)


@pytest.fixture(scope="session")
def faulty_model(stack: RunningStack) -> str:
    """A model with a few rows at fault."""
    add_faulty_model(stack)
    return FAULTY


@pytest.fixture(scope="session")
def faulty_training(people: People, faulty_model: str) -> Run:
    """A training of it that has begun."""
    return people.train(faulty_model, "to see what becomes of faults")


@pytest.fixture(scope="session")
def faulty(people: People, faulty_training: Run) -> Trained:
    """A registered candidate of it."""
    return registered(people, faulty_training)


@pytest.fixture(scope="session")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which a file lets a fit of the slow model go on."""
    return tmp_path_factory.mktemp("signs")


@pytest.fixture(scope="session")
def slow_model(stack: RunningStack, signs: Path) -> str:
    """A model whose two candidates wait in the middle of their fits."""
    add_slow_model(stack, signs)
    return SLOW


@pytest.fixture(scope="session")
def slow_training(people: People, slow_model: str) -> Run:
    """A training of it that has begun."""
    return people.train(slow_model, "to be killed")
