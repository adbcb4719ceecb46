"""How a task reaches the airlock database."""

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from airlock.operators.base import database


@pytest.mark.usefixtures("installation")
def test_a_task_keeps_no_connection_open_between_its_uses() -> None:
    engine = database()
    with engine.connect() as conn:
        assert conn.scalar(sa.text("SELECT current_user")) == "airlock_tasks"
    assert isinstance(engine.pool, NullPool)
