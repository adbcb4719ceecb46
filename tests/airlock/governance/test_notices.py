from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from airlock.governance.notices import send_once
from tests.airlock.governance.records import MOMENT


def about_drift(engine, send):
    return send_once(engine, key="drift", recipients=["a@b.example"], subject="Drift", send=send, at=MOMENT)


def kept(engine):
    with engine.connect() as conn:
        return conn.execute(text("SELECT key, recipients, subject FROM notices")).all()


def test_a_notice_is_sent_once(engine):
    sent = []
    assert about_drift(engine, lambda: sent.append(1)) is True
    assert about_drift(engine, lambda: sent.append(2)) is False
    assert sent == [1]
    assert kept(engine) == [("drift", ["a@b.example"], "Drift")]


def test_a_failed_send_leaves_no_record_and_raises(engine):
    def fail():
        raise ConnectionRefusedError("no mail server")

    with pytest.raises(ConnectionRefusedError, match="no mail server"):
        about_drift(engine, fail)
    assert kept(engine) == []
    sent = []
    assert about_drift(engine, lambda: sent.append(1)) is True


def test_concurrent_callers_send_once(engine):
    barrier, sent = Barrier(8), []

    def attempt(number):
        barrier.wait()
        return about_drift(engine, lambda: sent.append(number))

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(attempt, range(8))) == [False] * 7 + [True]
    assert len(sent) == 1


def test_when_one_of_two_callers_fails_the_other_sends(engine):
    barrier, sent = Barrier(2), []

    def attempt(number):
        def send():
            if not sent and not failed:
                failed.append(number)
                raise OSError("once")
            sent.append(number)

        barrier.wait()
        try:
            return about_drift(engine, send)
        except OSError:
            return "failed"

    failed: list[int] = []
    with ThreadPoolExecutor(2) as threads:
        assert set(threads.map(attempt, range(2))) == {"failed", True}
    assert len(sent) == 1
