"""Requests of one event loop share what they wait for: the disk."""

import asyncio
import os
import threading

import pytest

from airlock.governance.engine import connect
from airlock.serving.spool.gathering import Gathering
from airlock.serving.spool.spool import Spool
from airlock.serving.spool.turns import SpoolFull

AWAY = "postgresql+psycopg2://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def spool(tmp_path):
    return Spool(connect(AWAY), tmp_path / "spool", max_bytes=4000)


@pytest.fixture
def log(spool):
    made = Gathering(spool)
    yield made
    made.stop()


def kept(tmp_path):
    return b"".join(file.read_bytes() for file in tmp_path.glob("spool/*/[ab]"))


def test_what_waits_at_the_same_moment_is_forced_to_the_disk_together(log, tmp_path, monkeypatch):
    forced, really = [], os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: forced.append(really(descriptor)))

    async def ask():
        await asyncio.gather(*(log.write([f"line {n}\n"]) for n in range(40)))

    asyncio.run(ask())
    assert len(forced) == 2  # the first alone, and all that came while it was being written
    assert all(f" line {n}\n".encode() in kept(tmp_path) for n in range(40))


def test_everybody_hears_that_the_spool_is_full(log):
    async def ask():
        return await asyncio.gather(
            *(log.write(["x" * 3000 + "\n"]) for _ in range(4)), return_exceptions=True
        )

    first, *others = asyncio.run(ask())
    assert first is None
    assert [type(one) for one in others] == [SpoolFull] * 3


def test_one_who_gave_up_waiting_keeps_nobody_else_from_the_answer(log, tmp_path):
    async def ask():
        gives_up, stays = (asyncio.create_task(log.write([f"{name}\n"])) for name in ("gives up", "stays"))
        await asyncio.sleep(0)
        gives_up.cancel()
        await stays

    asyncio.run(ask())
    assert b" stays\n" in kept(tmp_path)


def test_nothing_is_written_of_who_gave_up_before_their_turn(log, tmp_path, monkeypatch):
    hangs, really = threading.Event(), os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: hangs.wait() and really(descriptor))

    async def ask():
        first, gives_up, stays = (
            asyncio.create_task(log.write([f"{name}\n"])) for name in ("first", "gives up", "stays")
        )
        await asyncio.sleep(0)
        gives_up.cancel()
        hangs.set()
        await asyncio.gather(first, stays)

    asyncio.run(ask())
    assert [line.partition(b" ")[2] for line in kept(tmp_path).splitlines()] == [b"first", b"stays"]


def test_when_all_who_waited_gave_up_the_next_one_is_written(log, tmp_path, monkeypatch):
    hangs, really = threading.Event(), os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: hangs.wait() and really(descriptor))

    async def ask():
        first, gives_up = (asyncio.create_task(log.write([f"{name}\n"])) for name in ("first", "gives up"))
        await asyncio.sleep(0)
        gives_up.cancel()
        hangs.set()
        await first
        await log.write(["next\n"])

    asyncio.run(ask())
    assert [line.partition(b" ")[2] for line in kept(tmp_path).splitlines()] == [b"first", b"next"]
