"""The file of the anchors: appended to, for its owner only, and read with care."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from airlock.audit.anchors import Anchor, read, write

ONE, OTHER = (Anchor(seq, f"{seq:064x}", datetime(2026, 3, seq, 4, 30, 0, 17, tzinfo=UTC)) for seq in (1, 2))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a" / "folder" / "anchors.jsonl"


def test_what_is_written_is_read(file: Path) -> None:
    write(file, ONE)
    write(file, OTHER)
    assert read(file) == ((ONE, OTHER), ())
    assert file.read_text().count("\n") == 2


def test_only_its_owner_may_read_or_write_it(file: Path) -> None:
    write(file, ONE)
    assert file.stat().st_mode & 0o777 == 0o600


def test_where_there_is_no_file_there_are_no_anchors(file: Path) -> None:
    assert read(file) == ((), ())


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "17",
        '{"seq":1}',
        '{"seq":"1","digest":"%s","at":"2026-03-01T04:30:00+00:00"}' % ("0" * 64),
        '{"seq":true,"digest":"%s","at":"2026-03-01T04:30:00+00:00"}' % ("0" * 64),
        '{"seq":0,"digest":"%s","at":"2026-03-01T04:30:00+00:00"}' % ("0" * 64),
        '{"seq":1,"digest":"abc","at":"2026-03-01T04:30:00+00:00"}',
        '{"seq":1,"digest":"%s","at":"2026-03-01T04:30:00"}' % ("0" * 64),
        '{"seq":1,"digest":"%s","at":"2026-03-01T04:30:00+00:00","more":1}' % ("0" * 64),
        '{"seq":1,"digest":"%s","at":17}' % ("0" * 64),
    ],
)
def test_a_damaged_line_is_a_finding_and_the_others_count(file: Path, line: str) -> None:
    write(file, ONE)
    with file.open("a") as opened:
        opened.write(line + "\n")
    write(file, OTHER)
    kept, (finding,) = read(file)
    assert kept == (ONE, OTHER)
    assert f"{file}, line 2 is damaged" in finding.sentence


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[" * 100_000])
def test_bytes_of_any_kind_are_a_finding(file: Path, content: bytes) -> None:
    write(file, ONE)
    file.write_bytes(content)
    assert len(read(file)[1]) == 1


def test_a_folder_in_its_place_is_a_finding(file: Path) -> None:
    file.mkdir(parents=True)
    (finding,) = read(file)[1]
    assert "cannot be read" in finding.sentence
