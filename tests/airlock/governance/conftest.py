"""The database as its roles reach it."""

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import Engine

from airlock.governance.engine import connect
from airlock.governance.grants import TASKS
from tests.airlock.database_roles import as_role


@pytest.fixture
def tasks(engine: Engine) -> Iterator[Engine]:
    """The database as Airflow's tasks reach it, who may delete nothing by themselves."""
    made = connect(as_role(TASKS, engine.url.render_as_string(hide_password=False)))
    yield made
    made.dispose()
