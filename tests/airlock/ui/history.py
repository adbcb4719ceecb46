"""A year in the life of a model, as its records."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from airlock.governance import audit_log, incidents, tables
from airlock.governance.reproductions import Reproduction
from airlock.triage.cause import Cause

MORNING = datetime(2026, 11, 2, 8, 15, tzinfo=UTC)
METRICS = {"roc_auc": 0.74213, "average_precision": 0.387, "brier": 0.1123}


def candidate(
    conn: Connection, model: str, version: int | None, *, reason: str, days_ago: int, cause: str
) -> int:
    """Record a candidate, refused where it has no version."""
    at = MORNING - timedelta(days=days_ago)
    values = {
        "model": model,
        "dag_run_id": f"manual__{at.isoformat()}",
        "state": "registered" if version else "refused",
        "reason": reason,
        "version": version,
        "mlflow_run_id": f"{days_ago:032x}",
        "package_digest": f"{days_ago + 7:064x}"[::-1],
        "snapshot_digest": "5" * 64,
        "spec_digest": "6" * 64,
        "evidence_digest": "7" * 64,
        "dossier_digest": None if days_ago > 50 else "9" * 64,
        "evidence": {"metrics": METRICS | ({"calibration_error": "NaN"} if not version else {})},
        "trained_by": "dana",
        "cause": cause,
        "as_of": at,
        "recorded_at": at,
    }
    made = insert(tables.candidates).values(values)
    return conn.execute(made.returning(tables.candidates.c.id)).scalar_one()


def release(conn: Connection, model: str, about: int, state: str, *, reason: str = "", days_ago: int) -> int:
    """Record a release."""
    at = MORNING - timedelta(days=days_ago)
    known = {column.name for column in tables.releases.columns}
    values = {
        "model": model,
        "dag_run_id": f"asset_triggered__{at.isoformat()}_{about}",
        "candidate_id": about,
        "package_digest": "8" * 64,
        "dossier_digest": "9" * 64,
        "people": 2,
        "state": state,
        "reason": reason,
        "opened_at": at,
        "decided_at": None if state == "open" else at + timedelta(hours=2),
    }
    made = insert(tables.releases).values({key: value for key, value in values.items() if key in known})
    return conn.execute(made.returning(tables.releases.c.id)).scalar_one()


def answer(conn: Connection, to: int, slot: int, responder: str, choice: str, reason: str) -> None:
    """Record a person's answer."""
    values = {
        "release_id": to,
        "slot": slot,
        "responder": responder,
        "choice": choice,
        "reason": reason,
        "dossier_digest": "9" * 64,
        "responded_at": MORNING + timedelta(minutes=slot),
    }
    conn.execute(insert(tables.approvals).values(values))


def deployment(
    conn: Connection, model: str, version: int, *, of: int, about: int, from_day: int, to_day: int | None
) -> None:
    """Record a deployment."""
    values = {
        "model": model,
        "release_id": of,
        "candidate_id": about,
        "version": version,
        "package_digest": "8" * 64,
        "deployed_at": MORNING - timedelta(days=from_day),
        "retired_at": None if to_day is None else MORNING - timedelta(days=to_day),
        "retired_because": None if to_day is None else "Replaced by the version after it.",
    }
    conn.execute(insert(tables.deployments).values(values))


CAUSE = Cause("covariate_shift", "income", "Other cases come than in <training>.", (), "retrain")


def night(conn: Connection, model: str, day: date, *sentences: str) -> None:
    """Record a night and what it found."""
    values = {
        "model": model,
        "night": day,
        "version": 4,
        "rows": 312,
        "measures": {"cause": CAUSE.to_json()} if sentences else {},
        "findings": [{"kind": "column_drift", "column": "income", "sentence": one} for one in sentences],
        "report": f"{model}/nights/{day}.html",
        "measured_at": datetime.combine(day + timedelta(days=1), MORNING.timetz()),
    }
    write = upsert(tables.nights).values(values)
    conn.execute(write.on_conflict_do_update(index_elements=["model", "night"], set_=values))


def year(conn: Connection, model: str = "credit_risk") -> None:
    """Record what a model went through: refused, replaced, rejected, serving, drifting, waiting."""
    text = "all gates passed"
    first = candidate(conn, model, 3, reason=text, days_ago=60, cause="first version")
    candidate(
        conn,
        model,
        None,
        reason="roc_auc is 0.684; the policy asks for at least 0.7.",
        days_ago=40,
        cause="refresh",
    )
    second = candidate(conn, model, 4, reason=text, days_ago=30, cause="monthly refresh")
    third = candidate(conn, model, 5, reason=text, days_ago=1, cause="income drifted on 2026-11-01")
    opened = release(conn, model, first, "deployed", reason="The smoke test passed.", days_ago=60)
    answer(conn, opened, 1, "ria", "Approve", "better than nothing")
    answer(conn, opened, 2, "omar", "Approve", "evidence read")
    deployment(conn, model, 3, of=opened, about=first, from_day=60, to_day=30)
    refused = release(conn, model, second, "rejected", reason="omar rejected: small loans.", days_ago=31)
    answer(conn, refused, 1, "ria", "Approve", "fine")
    answer(conn, refused, 2, "omar", "Reject", "calibration for <small> loans")
    opened = release(conn, model, second, "deployed", reason="The smoke test passed.", days_ago=30)
    deployment(conn, model, 4, of=opened, about=second, from_day=30, to_day=None)
    release(conn, model, third, "open", days_ago=1)
    for ago in range(5, 1, -1):
        night(conn, model, MORNING.date() - timedelta(days=ago))
    shifted = "income has shifted: PSI 1.84, limit 0.25. Its mean was 3,214 in training and is 4,890 now."
    score = "The score has shifted: PSI 0.41, limit 0.25. Its mean was 0.124 in training and is 0.189 now."
    night(conn, model, MORNING.date() - timedelta(days=1), shifted, score)


def reproduction(version: int, model: str = "credit_risk") -> Reproduction:
    """Return what came of training a version of that year again: the candidates are numbered as they came."""
    return Reproduction(
        model=model,
        version=version,
        candidate_id={3: 1, 4: 3, 5: 4}[version],
        dag_run_id="manual__again",
        asked_by="ada",
        package_digest="8" * 64,
        identical=True,
        same_answers=True,
        largest_difference=0.0,
        equal_decisions=1.0,
        changed={},
        sentence=f"{model} version {version}, trained again, is the same to the last byte.",
        reproduced_at=MORNING,
    )


def months(conn: Connection, model: str = "credit_risk", nights: int = 70) -> None:
    """Record a year, and nights with all that is measured: the last ones drift, and one is missing."""
    year(conn, model)
    for ago in range(2, nights):
        if ago != 20:
            _measured(conn, model, MORNING.date() - timedelta(days=ago), worse=max(0.0, (30 - ago) / 30))
    at = MORNING - timedelta(days=9)
    start = {"way": "canary", "share": 0.2, "step": 1, "started_at": at, "stepped_at": at}
    about = {"release_id": 1, "candidate_id": 1, "version": 5, "package_digest": "8" * 64, "model": model}
    conn.execute(insert(tables.challengers).values(about | start))
    facts = {"kind": "drift", "at": at, "model": model, "run": f"{model}.monitor/scheduled__1"}
    found, _ = incidents.open_incident(conn, key="old", sentence="income has shifted.", **facts)
    incidents.settle(conn, found.id, by="mika", because="A campaign.", at=MORNING, run=None)
    incidents.open_incident(conn, key="new", sentence="<debt> has shifted.", **facts)
    for act, said in (
        ("deployed", {"version": 4, "deployment": 2, "release": 3}),
        ("rolled_back", {"version": 5, "deployment": 3, "reason": "Errors <doubled>."}),
    ):
        run = f"{model}.release/asset_triggered__4"
        audit_log.append(conn, act, actor="sam", at=at, model=model, run=run, facts=said)


def _measured(conn: Connection, model: str, day: date, worse: float) -> None:
    """Record a night that is as much worse as that: 0 is as in training, 1 as bad as it gets."""
    psi = {"income": 0.5 * worse, "amount": 0.04, "housing": 0.12 * worse, "channel": None}
    drift = [
        {"part": "feature", "column": name, "psi": value, "fault": "is no text" if value is None else None}
        for name, value in psi.items()
    ]
    drift.append({"part": "answer", "column": "score", "psi": 0.2 * worse, "fault": None})
    ratio = 0.97 - 0.2 * worse
    parity = {"value": ratio, "low": ratio - 0.05, "high": ratio + 0.05, "figure": "selection_rate"}
    parity |= {"between": ["male", "<female>"], "figures": [0.31, 0.22]}
    groups = [{"group": "<female>", "rows": 1400, "figures": {"selection_rate": [0.22, 0.2, 0.24]}}]
    attribute = {"attribute": "sex", "groups": groups, "disparities": {"demographic_parity_ratio": parity}}
    answers = {"rows": 1430, "answers": 1430, "attributes": [attribute], "reason": "", "blind": False}
    score = 0.76 - 0.12 * worse
    own = {"rows": 312, "metrics": {"roc_auc": {"mean": score, "low": score - 0.03, "high": score + 0.03}}}
    money = {"title": "Money <lost>", "unit": "EUR", "at_least": None, "at_most": 4000.0, "reason": None}
    measures = {
        "drift": drift,
        "performance": {"rows": 900, "predictions": 912, "metrics": {"roc_auc": score}, "reason": ""},
        "estimate": {"night": own, "pending": None, "judged": True},
        "fairness": {"answers": answers, "outcomes": None, "judged": True},
        "indicators": {"lost": money | {"value": 3000.0 + 1500 * worse}},
        "service": {"requests": 900, "refusals": 3, "failures": 0, "p50_ms": 2, "p95_ms": 5, "p99_ms": 25},
    }
    drifted = {"kind": "column_drift", "column": "income", "sentence": "income has shifted."}
    apart = {"kind": "fairness", "column": "demographic_parity_ratio/sex", "sentence": "They lie apart."}
    values = {"measures": measures, "findings": [drifted, apart] if worse > 0.6 else []}
    night(conn, model, day)
    same = tables.nights.c.model == model, tables.nights.c.night == day
    conn.execute(update(tables.nights).where(*same).values(values))
