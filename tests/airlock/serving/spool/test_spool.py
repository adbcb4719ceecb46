"""What is in the spool gets into PostgreSQL exactly once, whoever dies or is away in between."""

import os
import stat
import subprocess
import sys
import threading
import uuid
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, make_url, text

from airlock.governance.predictions import COLUMNS, PredictionRow, line
from airlock.serving.spool import folders, turns
from airlock.serving.spool.file import BATCH_BYTES, SpoolFile
from airlock.serving.spool.lines import sealed
from airlock.serving.spool.spool import Spool
from airlock.serving.spool.turns import SpoolFull, Turns
from tests.airlock.serving.scoring_api import ROOT, wait_until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DIES = """
import os, sys
from pathlib import Path
from airlock.governance.engine import connect
from airlock.serving.spool.spool import Spool
spool = Spool(connect("postgresql+psycopg2://nobody@127.0.0.1:1/nothing"), Path(sys.argv[1]))
spool.start()
spool.append(sys.stdin.readlines())
os.kill(os.getpid(), 9)
"""


def lines(*keys):
    row = PredictionRow(
        uuid.uuid4(), "loans", 1, "api", "decision", None, {"debt": 1.0}, 0.5, "true", None, NOW, NOW, "shop"
    )  # fmt: skip
    return [line(replace(row, id=uuid.uuid4(), entity_key=key)) for key in keys]


@contextmanager
def running(engine, root, **more):
    spool = Spool(engine, root, **more)
    spool.start()
    try:
        yield spool
    finally:
        spool.stop()


def kept(engine):
    with engine.connect() as conn:
        return sorted(conn.execute(text("SELECT entity_key FROM predictions")).scalars())


def away(engine):
    """Cut the airlock database off, and return what lets it back."""
    url = make_url(engine.url)
    administration = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")

    def allow(yes):
        with administration.connect() as conn:
            conn.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS {yes}"))
            conn.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
                {"name": url.database},
            )

    allow("false")
    engine.dispose()
    return lambda: (allow("true"), administration.dispose())


def test_what_is_appended_gets_into_postgresql_and_leaves_the_disk(engine, tmp_path):
    with running(engine, tmp_path / "spool") as spool:
        spool.append(lines("a", "b"))
        wait_until(lambda: kept(engine) == ["a", "b"], "PostgreSQL has them")
        wait_until(lambda: spool.backlog().bytes == 0, "the disk is free again")
        assert spool.backlog().since is None
    assert list((tmp_path / "spool").iterdir()) == []


def test_many_threads_append_beside_one_another(engine, tmp_path):
    with running(engine, tmp_path / "spool") as spool:

        def write(thread):
            for n in range(25):
                spool.append(lines(f"{thread}-{n}"))

        threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert kept(engine) == sorted(f"{thread}-{n}" for thread in range(4) for n in range(25))


def test_stopping_ships_what_waits(engine, tmp_path):
    with running(engine, tmp_path / "spool") as spool:
        spool.append(lines("a"))
    assert kept(engine) == ["a"]


def test_while_postgresql_is_away_lines_wait_and_then_get_there(engine, tmp_path):
    with running(engine, tmp_path / "spool") as spool:
        spool.append(lines("before"))
        wait_until(lambda: kept(engine) == ["before"], "PostgreSQL has the first")
        back = away(engine)
        spool.append(lines("meanwhile"))
        spool.append(lines("later"))
        assert spool.backlog().bytes > 0
        back()
        wait_until(lambda: spool.backlog().bytes == 0, "all is shipped")
    assert kept(engine) == ["before", "later", "meanwhile"]


def test_what_a_killed_process_left_is_shipped_by_any_other(engine, tmp_path):
    root = tmp_path / "spool"
    done = subprocess.run(
        [sys.executable, "-c", DIES, str(root)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "plugins"},
        input="".join(lines("a", "b")),
        text=True,
    )
    assert done.returncode == -9
    assert len(list(root.iterdir())) == 1
    with running(engine, root):
        wait_until(lambda: kept(engine) == ["a", "b"], "PostgreSQL has them")
        wait_until(lambda: len(list(root.iterdir())) == 1, "the dead process's folder is gone")


def test_what_a_living_process_holds_is_left_alone(engine, tmp_path):
    held = folders.own(tmp_path)
    Turns(held.path, ["id"], 1000).append(sealed(lines("a")))
    assert list(folders.abandoned(tmp_path)) == []
    held.release()
    (found,) = folders.abandoned(tmp_path)
    assert found.path == held.path
    assert list(folders.abandoned(tmp_path)) == []


@pytest.mark.parametrize("name", ["mended", "lost+found", folders.REFUSED, "0" * 31])
def test_a_folder_that_no_process_made_is_left_alone(tmp_path, name):
    (tmp_path / name).mkdir()
    assert list(folders.abandoned(tmp_path)) == []


def dead(root, *sealed_lines):
    """Leave what a process leaves that was killed."""
    folder = folders.own(root)
    Turns(folder.path, COLUMNS, 10_000_000).append(b"".join(sealed_lines))
    folder.release()
    return folder.path


def test_lines_whose_commit_was_not_heard_of_are_not_written_twice(engine, tmp_path):
    known, new = lines("known"), lines("new")
    with running(engine, tmp_path / "first") as spool:
        spool.append(known)
    dead(tmp_path / "second", sealed([*known, *new]))
    with running(engine, tmp_path / "second"):
        wait_until(lambda: kept(engine) == ["known", "new"], "PostgreSQL has both, once")
    assert not (tmp_path / "second" / folders.REFUSED).exists()


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_torn_last_line_was_never_acknowledged_and_is_dropped(engine, tmp_path, cut):
    dead(tmp_path, sealed(lines("whole")), sealed(lines("torn"))[:-cut])
    with running(engine, tmp_path):
        wait_until(lambda: kept(engine) == ["whole"], "the whole one is kept")
        wait_until(lambda: len(list(tmp_path.iterdir())) == 1, "the folder is gone")


def test_a_damaged_line_in_between_is_set_aside_and_the_others_are_kept(engine, tmp_path, caplog):
    damaged = bytearray(sealed(lines("damaged")))
    damaged[30] ^= 1
    dead(tmp_path, sealed(lines("a")), bytes(damaged), sealed(lines("b")))
    with running(engine, tmp_path):
        wait_until(lambda: kept(engine) == ["a", "b"], "the others are kept")
    (aside,) = (tmp_path / folders.REFUSED).iterdir()
    assert bytes(damaged) in aside.read_bytes()
    assert str(aside) in caplog.text


def test_a_line_that_postgresql_refuses_for_good_is_set_aside_and_the_others_are_kept(
    engine, tmp_path, caplog
):
    wrong = [one.replace("decision", "nonsense") for one in lines("wrong")]
    broken = [one.replace("0.5", "half") for one in lines("broken")]
    with running(engine, tmp_path) as spool:
        spool.append([*lines("a"), *wrong, *lines("b"), *broken, *lines("c")])
        wait_until(lambda: kept(engine) == ["a", "b", "c"], "the others are kept")
        wait_until(lambda: spool.backlog().bytes == 0, "nothing is tried again")
        assert spool.refused() == 2
    aside = {file.read_text() for file in (tmp_path / folders.REFUSED).iterdir()}
    assert aside == {"\t".join(COLUMNS) + "\n" + one for one in (*wrong, *broken)}
    assert "CheckViolation" in caplog.text
    assert "wrong\t" not in caplog.text


def test_a_full_spool_refuses_and_takes_more_once_it_is_shipped(engine, tmp_path):
    one = lines("a")
    size = len(sealed(one))
    with running(engine, tmp_path, max_bytes=2 * size + 5) as spool:
        wait_until(lambda: spool.append(one) or True, "it writes")
        wait_until(lambda: kept(engine) == ["a"], "PostgreSQL has it")
        back = away(engine)
        spool.append(lines("b"))
        spool.append(lines("c"))
        with pytest.raises(SpoolFull):
            spool.append(lines("d"))
        back()
        wait_until(lambda: spool.backlog().bytes == 0, "it is shipped")
        spool.append(lines("e"))
    assert kept(engine) == ["a", "b", "c", "e"]


def test_a_disk_that_fails_leaves_nothing_of_what_was_not_acknowledged(tmp_path, monkeypatch):
    file = SpoolFile.open(tmp_path / "a")
    file.append(b"whole\n")

    def fails(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fails)
        with pytest.raises(OSError, match="No space"):
            file.append(b"half of it")
    assert (file.size, (tmp_path / "a").read_bytes()) == (6, b"whole\n")
    file.append(b"next\n")
    assert (tmp_path / "a").read_bytes() == b"whole\nnext\n"
    file.close()


def test_a_file_is_read_in_batches_and_goes_on_where_it_was(tmp_path):
    file = SpoolFile.open(tmp_path / "a")
    text_of = "x" * 1000 + "\n"
    file.append(sealed([text_of] * 3000))
    first, *others = file.batches()
    assert len(first.lines) * 1010 == pytest.approx(BATCH_BYTES, rel=0.01)
    assert sum(len(batch.lines) for batch in (first, *others)) == 3000
    file.shipped = first.end
    assert sum(len(batch.lines) for batch in file.batches()) == 3000 - len(first.lines)
    file.close()


def test_lines_of_another_release_are_read_by_the_columns_that_it_knew(engine, tmp_path):
    columns = [name for name in COLUMNS if name != "client"]
    folder = folders.own(tmp_path)
    Turns(folder.path, columns, 10_000).append(sealed(one.rpartition("\t")[0] + "\n" for one in lines("old")))
    folder.release()
    with running(engine, tmp_path):
        wait_until(lambda: kept(engine) == ["old"], "PostgreSQL has it")


def test_a_folder_that_cannot_be_read_keeps_no_other_from_postgresql(engine, tmp_path, caplog):
    strange = dead(tmp_path, sealed(lines("strange")))
    (strange / turns.COLUMNS).write_text("id surprise")
    dead(tmp_path, sealed(lines("other")))
    with running(engine, tmp_path) as spool:
        wait_until(lambda: kept(engine) == ["other"], "the other one is kept")
        spool.append(lines("own"))
        wait_until(lambda: kept(engine) == ["other", "own"], "its own are kept")
    assert strange.exists()


def test_nobody_else_may_look_into_it(engine, tmp_path):
    with running(engine, tmp_path / "spool") as spool:
        spool.append(lines("a"))
        modes = {
            stat.S_IMODE(path.stat().st_mode)
            for path in [tmp_path / "spool", *(tmp_path / "spool").iterdir()]
        }
        files = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "spool").glob("*/*")}
    assert (modes, files) == ({0o700}, {0o600})
