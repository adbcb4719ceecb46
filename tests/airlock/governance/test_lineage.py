"""Lineage: from a prediction to the source of its model and back, along real records and a real store."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import Connection, Engine

from airlock.governance.deployments import deploy
from airlock.governance.lineage.__main__ import main
from airlock.governance.lineage.thing import LineageError, Thing, tree
from airlock.governance.lineage.trace import trace
from airlock.governance.predictions import PredictionRow
from tests.airlock.governance.records import MOMENT, approved_release, log, register
from tests.airlock.lender import Lender, Trained

ANSWER = uuid.UUID(int=7)
CATALOGUE = {"source": "lending", "purpose": "credit_decisions"}


@pytest.fixture
def history(
    lender: Lender, trained: Trained, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connection]:
    """A version that was trained, released and deployed, and answered three times."""
    monkeypatch.setenv("AIRLOCK_INCLUDE", str(lender.include))
    monkeypatch.setenv("AIRLOCK_STORE", str(lender.store.root))
    with engine.begin() as conn:
        candidate = register(
            conn,
            model="loans",
            version=3,
            package_digest=trained.package("linear"),
            snapshot_digest=trained.lineage.snapshot,
            dossier_digest="9" * 64,
            evidence={"catalogue": CATALOGUE, "code_version": "c0de"},
        )
        deploy(conn, approved_release(conn, candidate), candidate, MOMENT)
        register(conn, model="loans", version=None, snapshot_digest=trained.lineage.snapshot)
        log(conn, [_answer(ANSWER), _answer(uuid.uuid4()), _answer(uuid.uuid4(), key="other")])
    with engine.connect() as conn:
        yield conn


def _answer(number: uuid.UUID, key: str = "L000001") -> PredictionRow:
    return PredictionRow(
        number, "loans", 3, "api", "decision", key, {"income": 1.0}, 0.71, "true", None, MOMENT, MOMENT
    )


def kinds(thing: Thing) -> set[str]:
    return {thing.kind}.union(*(kinds(part) for part in thing.parts)) if thing.parts else {thing.kind}


def find(thing: Thing, kind: str) -> list[Thing]:
    own = [thing] if thing.kind == kind else []
    return own + [one for part in thing.parts for one in find(part, kind)]


def test_a_prediction_leads_to_the_source_of_what_answered_it(
    history: Connection, lender: Lender, trained: Trained
) -> None:
    found = trace(history, lender.store, "prediction", str(ANSWER))
    assert kinds(found) == {
        "prediction", "version", "dossier", "package", "snapshot", "source", "catalogue", "release",
        "approval", "deployment", "predictions",
    }  # fmt: skip
    assert "answered 'true' (score 0.71) about L000001" in found.sentence
    (source,) = find(found, "source")
    assert "FROM loans WHERE asked_at >= :start" in source.facts["sql"]["query"]
    (snapshot,) = find(found, "snapshot")
    assert snapshot.id == trained.lineage.snapshot and snapshot.facts["proved"]
    assert find(found, "package")[0].facts["proved"]
    assert find(found, "catalogue")[0].facts == CATALOGUE
    assert find(found, "approval")[0].facts["responder"] == "ria"
    assert "until now" in find(found, "deployment")[0].sentence


def test_a_snapshot_leads_to_everything_that_learned_from_it(
    history: Connection, lender: Lender, trained: Trained
) -> None:
    found = trace(history, lender.store, "snapshot", trained.lineage.snapshot)
    assert [part.kind for part in found.parts] == ["source", "version", "candidate"]
    assert find(found, "predictions")[0].facts["rows"] == 3
    assert "of the purpose decision" in find(found, "predictions")[0].sentence


def test_a_source_leads_to_its_snapshots_and_what_learned_from_them(
    history: Connection, lender: Lender, trained: Trained
) -> None:
    found = trace(history, lender.store, "source", "warehouse")
    learned = next(part for part in found.parts if part.id == trained.lineage.snapshot)
    assert [part.kind for part in learned.parts] == ["version", "candidate"]
    with pytest.raises(LineageError, match="No snapshot was read from the_moon"):
        trace(history, lender.store, "source", "the_moon")


def test_an_entity_has_its_answers_and_the_snapshots_it_stands_in(
    history: Connection, lender: Lender, trained: Trained
) -> None:
    found = trace(history, lender.store, "entity", "loans/L000001")
    assert found.facts["predictions"] == 2
    (learned,) = [one for one in find(found, "snapshot") if one.id == trained.lineage.snapshot]
    assert learned.facts["rows_of_entity"] == 1
    stranger = trace(history, lender.store, "entity", "loans/nobody")
    assert stranger.facts == {"predictions": 0, "snapshots": 0, "quarantined": 0}


@pytest.mark.parametrize("kind", ["package", "dossier"])
def test_a_digest_leads_to_its_version(
    history: Connection, lender: Lender, trained: Trained, kind: str
) -> None:
    digest = trained.package("linear") if kind == "package" else "9" * 64
    found = trace(history, lender.store, kind, digest)
    assert [one.id for one in find(found, "version")] == ["loans/3"]
    assert found.facts["proved"] is (kind == "package")


def test_what_is_missing_from_the_store_is_said_and_stops_nothing(
    history: Connection, lender: Lender
) -> None:
    found = trace(history, lender.store, "version", "loans/3")
    (dossier,) = find(found, "dossier")
    assert dossier.facts == {"proved": False}
    assert "is not in the evidence store" in dossier.sentence


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("moon", "1", "'moon' is no kind of thing. Write one of: prediction, entity"),
        ("prediction", "7", "'7' is no id of a prediction"),
        ("prediction", str(uuid.UUID(int=8)), "No prediction 00000000"),
        ("version", "loans/99", "loans has no registered version 99"),
        ("version", "loans/three", "no registered version three"),
        ("version", "loans", "Write version:<model>/<number>"),
        ("snapshot", "../../etc", "No snapshot .* is on record"),
        ("snapshot", "0" * 64, "No snapshot 000000000000 is on record"),
        ("package", "x", "No package x is on record"),
        ("entity", "nothing/1", "The spec of nothing cannot say"),
    ],
)
def test_what_is_not_there_is_named(
    history: Connection, lender: Lender, kind: str, name: str, told: str
) -> None:
    with pytest.raises(LineageError, match=told):
        trace(history, lender.store, kind, name)


@pytest.mark.usefixtures("history")
def test_the_command_prints_a_tree_or_json(
    airlock_database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRLOCK_DATABASE_URL", airlock_database)
    assert make_url(airlock_database).database
    assert main([f"prediction:{ANSWER}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"prediction:{ANSWER}  loans version 3 answered 'true'")
    assert lines[1].startswith("└─ version:loans/3  Registered")
    assert any(line.startswith("   ├─ dossier:9999") for line in lines)
    assert main(["version:loans/3", "--json"]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (printed["kind"], printed["id"]) == ("version", "loans/3")
    assert main(["version:loans/99"]) == 1
    assert "no registered version 99" in capsys.readouterr().err


def test_a_tree_keeps_its_branches_apart() -> None:
    leaf = Thing("leaf", "1", "A leaf\nin two lines.")
    twigs = (Thing("twig", "1", "One.", parts=(leaf,)), Thing("twig", "2", "Two."))
    assert tree(Thing("root", "1", "A root.", parts=twigs)).splitlines() == [
        "root:1  A root.",
        "├─ twig:1  One.",
        "│  └─ leaf:1  A leaf in two lines.",
        "└─ twig:2  Two.",
    ]
