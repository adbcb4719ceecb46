"""The pages of many models with a past: each answers, and asks as many questions as those of a few."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bench.growth.history import Past, fill
from bench.growth.models import write_include

PAST = Past(versions=2, nights=3, incidents=2, predictions=20, days=1)
OF_ALL = ("/", "/incidents", "/versions", "/audit", "/scoring")
OF_ONE = ("/models/{}", "/models/{}/quarantine", "/lineage/version/{}/2", "/incidents/1")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that are sent to any database until the block ends."""
    statements: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def asked(browser: TestClient, address: str) -> int:
    """Return how many statements a page takes, the second time it is opened."""
    browser.get(f"/airlock{address}")
    with counted() as statements:
        answer = browser.get(f"/airlock{address}")
    assert answer.status_code == 200, answer.text
    return len(statements)


def test_pages_of_many_models_ask_as_much_as_those_of_a_few(
    browser: TestClient, airlock_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = []
    for models in (1, 4):
        names = write_include(tmp_path / f"include_of_{models}", models)
        monkeypatch.setenv("AIRLOCK_INCLUDE", str(tmp_path / f"include_of_{models}"))
        fill(airlock_database, names[-1:] if models == 1 else names[1:], PAST)
        one = [address.format(names[0]) for address in OF_ONE]
        numbers.append([asked(browser, address) for address in (*OF_ALL, *one)])
    few, many = numbers
    assert few == many
    assert names[-1] in browser.get("/airlock/").text


@pytest.mark.parametrize("address", ["/", "/dossiers"])
def test_a_page_of_all_models_reads_nobody_s_whole_evidence(
    browser: TestClient, airlock_database: str, address: str
) -> None:
    fill(airlock_database, ("credit_risk",), PAST)
    with counted() as statements:
        assert "credit_risk" in browser.get(f"/airlock{address}").text
    assert statements
    assert not [one for one in statements if "candidates.evidence" in one]
