"""Hours of the scoring API: counted once however often they are written, by every worker."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from airlock.governance.api_hours import ApiHour, between, write
from airlock.spec.service import BOUNDS
from tests.airlock.governance.records import MOMENT

HOUR = timedelta(hours=1)
BEGAN = MOMENT.replace(minute=0, second=0, microsecond=0)
COUNTED = ApiHour("loans", BEGAN, uuid4(), 12, 1, 2, [10, *[0] * len(BOUNDS)])


def test_what_a_worker_writes_again_replaces_what_it_wrote(conn: Connection) -> None:
    later = replace(COUNTED, requests=15, buckets=[13, *[0] * len(BOUNDS)])
    for hours in ([COUNTED], [later], [later]):
        write(conn, hours)
    assert between(conn, "loans", BEGAN, BEGAN + HOUR) == (later,)


def test_each_worker_counts_its_own(conn: Connection) -> None:
    other = replace(COUNTED, worker=uuid4(), requests=20)
    write(conn, [COUNTED, other])
    assert sum(hour.requests for hour in between(conn, "loans", BEGAN, BEGAN + HOUR)) == 32


def test_other_hours_and_models_are_left_out(conn: Connection) -> None:
    write(conn, [COUNTED, replace(COUNTED, hour=BEGAN + HOUR), replace(COUNTED, model="cars")])
    assert between(conn, "loans", BEGAN, BEGAN + HOUR) == (COUNTED,)


@pytest.mark.parametrize("wrong", [{"buckets": [1, 2]}, {"failures": 13}])
def test_counts_that_cannot_be_are_refused(conn: Connection, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError):
        write(conn, [replace(COUNTED, **wrong)])
