"""The running stack that all end-to-end tests share; it takes most of a minute to start."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.settings import ROOT
from tests.e2e.running_stack import RunningStack, new_settings
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
