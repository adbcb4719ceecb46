"""Verifying and anchoring a log that is in use, and the command that does it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from airlock.audit import anchors
from airlock.audit.__main__ import main
from airlock.audit.log import audit, verify
from tests.airlock.audit.logs import anchored, fill, names, tampering


def test_a_log_can_be_verified_while_it_is_written_and_anchored(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"

    def write() -> None:
        for _ in range(10):
            fill(engine, 3)

    def anchor() -> None:
        for _ in range(4):
            anchored(engine, file)

    fill(engine, 1)  # of an empty log there is nothing to anchor
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(write), pool.submit(anchor)]
        while not all(one.done() for one in running):
            assert audit(engine, file).findings == ()
        for one in running:
            one.result()
    assert audit(engine, file).rows == 31 + len(anchors.read(file)[0])


def test_verifying_writes_nothing(log: Engine, file: Path) -> None:
    before = file.read_bytes()
    assert audit(log.execution_options(postgresql_readonly=True), file).findings == ()
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("column", "value"), [("at", "'infinity'"), ("at", "'20000-01-01'"), ("at", "'0044-03-15 BC'")]
)
def test_a_time_that_no_calendar_here_has_is_a_change_like_others(
    log: Engine, file: Path, column: str, value: str
) -> None:
    with tampering(log) as conn:
        conn.execute(text(f"UPDATE audit_log SET {column} = {value} WHERE seq = 7"))
        (finding,) = names(verify(conn, file), 7)
    assert "was changed" in finding.sentence


def test_a_head_that_was_removed_is_a_finding(log: Engine, file: Path) -> None:
    with tampering(log) as conn:
        conn.execute(text("DELETE FROM audit_head"))
        (finding,) = verify(conn, file).findings
    assert finding.sentence == "The head of the log is missing: somebody removed it."


def run(log: Engine, file: Path, patch: pytest.MonkeyPatch) -> int:
    """Run the command; how production is compared is tested with what compares it."""
    patch.setenv("AIRLOCK_DATABASE_URL", log.url.render_as_string(hide_password=False))
    patch.setattr("airlock.audit.__main__.differences", lambda *_, **__: ())
    return main(["--anchors", str(file)])


def test_the_command_says_that_nothing_is_wrong(
    log: Engine, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(log, file, monkeypatch) == 0
    said = capsys.readouterr().out
    assert said.startswith("60 rows, the head is ")
    assert "the newest anchor that holds is of row 41: nothing is wrong.\n" in said


def test_the_command_prints_what_is_wrong_and_fails(
    log: Engine, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("")
    assert run(log, file, monkeypatch) == 1
    first, second, summary, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("The anchor of row 20 was removed or changed: row 21 (log_anchored")
    assert second.startswith("The anchor of row 41 was removed or changed: row 42 (log_anchored")
    assert summary.endswith("no anchor holds: 2 findings.")


def test_without_a_database_the_command_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AIRLOCK_DATABASE_URL", raising=False)
    assert main([]) == 1
    assert "AIRLOCK_DATABASE_URL is not set" in capsys.readouterr().err
