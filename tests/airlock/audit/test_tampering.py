"""A log that somebody tampered with, as the owner of its database, in a hundred random ways: all are found.

Each way returns the rows that it touched, and every one of them must be named by a finding. What cannot be
found, here or anywhere: rows after the newest anchor that the owner of the database rewrites with everything
after them *and* the head, where no record contradicts them. The last test here shows it.
"""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from airlock.audit.log import verify
from airlock.governance import audit_log
from airlock.governance.audit_log import GENESIS, Entry, Head
from tests.airlock.audit.logs import START, names, rehash, tampering

ROWS = 60
ANCHORED = (20, 41)
COLUMNS = ("seq", "at", "act", "actor", "model", "run", "facts", "previous", "digest")
Touched = set[int]


def change(conn: Connection, seq: int, column: str, value: object) -> None:
    conn.execute(
        text(f"UPDATE audit_log SET {column} = :value WHERE seq = :seq"), {"value": value, "seq": seq}
    )


def entry(conn: Connection, seq: int) -> Entry:
    return list(audit_log.entries(conn, audit_log.audit_log.c.seq == seq))[0]


def insert(conn: Connection, forged: Entry) -> None:
    sealed = vars(forged) | {"digest": forged.true_digest, "facts": json.dumps(forged.facts)}
    conn.execute(
        text(
            "INSERT INTO audit_log (seq, at, act, actor, model, run, facts, previous, digest) "
            "VALUES (:seq, :at, :act, :actor, :model, :run, :facts, :previous, :digest)"
        ),
        sealed,
    )


def set_head(conn: Connection, head: Head) -> None:
    conn.execute(text("UPDATE audit_head SET seq = :seq, digest = :digest"), vars(head))


def forgery(seq: int, previous: str) -> Entry:
    return Entry(seq, START, "answer_recorded", "eve", "loans", None, {"choice": "Approve"}, previous, "")


def any_column(conn: Connection, file: Path, chance: random.Random) -> Touched:
    seq, column = chance.randint(1, ROWS), chance.choice(COLUMNS)
    new = {
        "at": START - timedelta(hours=1),
        "facts": '{"choice":"Approve"}',
        "seq": 61 + chance.randint(0, 9),
    }
    change(conn, seq, column, new.get(column, f"{chance.randint(0, 9)} forged"))
    return {seq}


def spelling(conn: Connection, file: Path, chance: random.Random) -> Touched:
    """To a person the facts say the same: spaces, another order, 1.0 for 1, a key twice, an escape."""
    seq = chance.choice([number for number in range(1, ROWS + 1) if number not in (21, 42)])
    facts = entry(conn, seq).facts
    spelled = json.dumps(facts, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    other = (
        json.dumps(facts, sort_keys=True, ensure_ascii=False),
        json.dumps(dict(reversed(facts.items())), separators=(",", ":"), ensure_ascii=False),
        spelled.replace('"share":1', '"share":1.0'),
        spelled.replace("{", '{"share":1,', 1),
        spelled.replace("ï", "\\u00ef"),
    )
    change(conn, seq, "facts", chance.choice(other))
    return {seq}


def time_zone(conn: Connection, file: Path, chance: random.Random) -> Touched:
    seq = chance.randint(1, ROWS)
    conn.execute(
        text("UPDATE audit_log SET at = (at AT TIME ZONE 'UTC') AT TIME ZONE 'Asia/Tokyo' WHERE seq = :seq"),
        {"seq": seq},
    )
    return {seq}


def removed_in_the_middle(conn: Connection, file: Path, chance: random.Random) -> Touched:
    seq = chance.randint(1, ROWS - 1)
    conn.execute(text("DELETE FROM audit_log WHERE seq = :seq"), {"seq": seq})
    return {seq}


def removed_and_renumbered(conn: Connection, file: Path, chance: random.Random) -> Touched:
    seq = removed_in_the_middle(conn, file, chance)
    conn.execute(text("UPDATE audit_log SET seq = seq - 1 WHERE seq > :seq"), {"seq": min(seq)})
    return seq


def cut_off(conn: Connection, file: Path, chance: random.Random) -> Touched:
    last = ROWS - chance.randint(1, 50)
    conn.execute(text("DELETE FROM audit_log WHERE seq > :seq"), {"seq": last})
    if last < ANCHORED[1] and chance.random() < 0.5:
        set_head(conn, Head(last, entry(conn, last).digest))
        return set(range(last + 1, ANCHORED[1] + 1))
    return set(range(last + 1, ROWS + 1))


def swapped(conn: Connection, file: Path, chance: random.Random) -> Touched:
    one, other = chance.sample(range(1, ROWS + 1), 2)
    for seq, new in ((one, -1), (other, one), (-1, other)):
        change(conn, seq, "seq", new)
    return {one, other}


def inserted_in_the_middle(conn: Connection, file: Path, chance: random.Random) -> Touched:
    seq = chance.randint(2, ROWS)
    conn.execute(text("UPDATE audit_log SET seq = seq + 1 WHERE seq >= :seq"), {"seq": seq})
    insert(conn, forgery(seq, entry(conn, seq - 1).digest))
    return {seq}


def inserted_at_the_end(conn: Connection, file: Path, chance: random.Random) -> Touched:
    insert(conn, forgery(ROWS + 1, entry(conn, ROWS).digest))
    return {ROWS + 1}


def rewritten_with_its_digest(conn: Connection, file: Path, chance: random.Random) -> Touched:
    seq = chance.randint(1, ROWS)
    change(conn, seq, "actor", "eve")
    change(conn, seq, "digest", entry(conn, seq).true_digest)
    return {seq}


def rewritten_with_all_after_it(conn: Connection, file: Path, chance: random.Random) -> Touched:
    seq = chance.randint(1, ROWS)
    change(conn, seq, "actor", "eve")
    rehash(conn, seq)
    return {seq}


def rewritten_with_all_after_it_and_the_head(conn: Connection, file: Path, chance: random.Random) -> Touched:
    seq = chance.randint(1, ANCHORED[1])
    change(conn, seq, "actor", "eve")
    set_head(conn, rehash(conn, seq))
    return {seq}


def head_changed(conn: Connection, file: Path, chance: random.Random) -> Touched:
    set_head(conn, chance.choice([Head(ROWS, "0" * 64), Head(ROWS - 1, entry(conn, ROWS - 1).digest)]))
    return {ROWS}


def anchor_removed(conn: Connection, file: Path, chance: random.Random) -> Touched:
    place = chance.choice((0, 1))
    lines = file.read_text().splitlines(keepends=True)
    del lines[place]
    file.write_text("".join(lines))
    return {ANCHORED[place]}


def anchor_changed(conn: Connection, file: Path, chance: random.Random) -> Touched:
    place = chance.choice((0, 1))
    lines = file.read_text().splitlines(keepends=True)
    lines[place] = lines[place].replace(json.loads(lines[place])["digest"], f"{chance.getrandbits(256):064x}")
    file.write_text("".join(lines))
    return {ANCHORED[place]}


def all_removed(conn: Connection, file: Path, chance: random.Random) -> Touched:
    conn.execute(text("TRUNCATE audit_log"))
    if chance.random() < 0.5:
        set_head(conn, Head(0, GENESIS))
        return set(range(1, ANCHORED[1] + 1))
    return set(range(1, ROWS + 1))


WAYS: tuple[Callable[[Connection, Path, random.Random], Touched], ...] = (
    any_column,
    spelling,
    time_zone,
    removed_in_the_middle,
    removed_and_renumbered,
    cut_off,
    swapped,
    inserted_in_the_middle,
    inserted_at_the_end,
    rewritten_with_its_digest,
    rewritten_with_all_after_it,
    rewritten_with_all_after_it_and_the_head,
    head_changed,
    anchor_removed,
    anchor_changed,
    all_removed,
)


def test_the_log_that_is_tampered_with_is_sound_before(log: Engine, file: Path) -> None:
    with tampering(log) as conn:
        found = verify(conn, file)
    assert (found.rows, found.head.seq, found.anchored, found.findings) == (ROWS, ROWS, ANCHORED[1], ())


@pytest.mark.parametrize("seed", range(100))
def test_tampering_is_found_and_the_row_is_named(log: Engine, file: Path, seed: int) -> None:
    way = WAYS[seed % len(WAYS)]
    with tampering(log) as conn:
        touched = way(conn, file, random.Random(seed))
        found = verify(conn, file)
    assert found.findings, way.__name__
    unnamed = {seq for seq in touched if not names(found, seq)}
    assert not unnamed, (way.__name__, found.findings)


@pytest.mark.parametrize("way", [any_column, spelling, time_zone, removed_in_the_middle])
def test_a_row_that_is_touched_is_named_alone_and_is_not_many_findings(
    log: Engine, file: Path, way: Callable[[Connection, Path, random.Random], Touched]
) -> None:
    for seed in range(10):
        with tampering(log) as conn:
            (seq,) = way(conn, file, random.Random(seed))
            found = verify(conn, file)
        assert any(finding.first == finding.last for finding in names(found, seq)), found.findings
        assert len(found.findings) <= 4, found.findings


@pytest.mark.parametrize("way", [inserted_in_the_middle, removed_and_renumbered])
def test_rows_that_were_renumbered_are_not_a_finding_each(
    log: Engine, file: Path, way: Callable[[Connection, Path, random.Random], Touched]
) -> None:
    for seed in range(10):
        with tampering(log) as conn:
            way(conn, file, random.Random(seed))
            found = verify(conn, file)
        # Besides the place itself: two anchors, what two rows say of them, and the end.
        assert 0 < len(found.findings) <= 8, found.findings


def test_a_consistent_rewriting_after_the_last_anchor_is_not_found_by_the_log_alone(
    log: Engine, file: Path
) -> None:
    with tampering(log) as conn:
        change(conn, ROWS - 3, "actor", "eve")
        set_head(conn, rehash(conn, ROWS - 3))
        assert verify(conn, file).findings == ()
