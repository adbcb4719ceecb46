"""The evidence as Markdown for the approval page: one screen, ending with the digests it stands for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airlock.digests import digest_of
from airlock.evaluation.escape import escape
from airlock.evaluation.figures import from_json, spell

YES, NO = "✓", "✗"  # not emoji: many a server and many a browser has no font for those


def markdown(evidence: Mapping[str, Any]) -> str:
    """Return the evidence as GitHub-flavoured Markdown; nothing in it can become markup or a link."""
    parts = (_head(evidence), _gates(evidence), _candidates(evidence), _data(evidence), _digests(evidence))
    return "\n\n".join(parts) + "\n"


def _head(evidence: Mapping[str, Any]) -> str:
    cause = escape(evidence["cause"])
    return "\n\n".join(
        (
            f"### {escape(evidence['title'])}",
            escape(evidence["purpose"]),
            f"Risk tier **{escape(evidence['tier'])}**. Owner: {escape(evidence['owner'])}. "
            f"Trained by **{escape(evidence['trained_by'])}**: {cause}",
        )
    )


def _gates(evidence: Mapping[str, Any]) -> str:
    rows = [
        (YES if verdict["passed"] else NO, f"{escape(verdict['gate'])}", escape(verdict["sentence"]))
        for verdict in evidence["verdicts"]
    ]
    return f"#### Gates\n\n{_table(('', 'Gate', 'Verdict'), rows)}"


def _candidates(evidence: Mapping[str, Any]) -> str:
    evaluation, metrics = evidence["evaluation"], list(evidence["metrics"])
    select_by = evidence["select_by"]
    rows = []
    for result in evaluation["results"]:
        name = escape(result["name"])
        fold = from_json(result["cross_validation"][select_by])
        shown = f"**{name}**" if result["name"] == evidence["best"] else name
        chosen_by = f"{spell(fold['mean'])} ± {spell(fold['std'])}"
        rows.append((shown, chosen_by, *(_figure(result["metrics"], metric) for metric in metrics)))
    if champion := evaluation["champion"]:
        version = evidence["champion_version"]
        name = f"champion (version {version})" if version is not None else "champion"
        rows.append((escape(name), "", *(_figure(champion["metrics"], metric) for metric in metrics)))
    head = ("Candidate", f"{escape(select_by)} in cross-validation", *map(escape, metrics))
    lines = [
        f"#### Figures on {evidence['rows']:,} held-out rows",
        _table(head, rows),
        f"Cross-validation chose **{escape(evidence['best'])}** by {escape(select_by)}; "
        "the hold-out only measures.",
        *_remarks(evaluation),
    ]
    return "\n\n".join(lines)


def _remarks(evaluation: Mapping[str, Any]) -> Iterable[str]:
    champion = evaluation["champion"]
    if champion and champion["note"]:
        yield escape(champion["note"])
    warned = [
        f"- {escape(result['name'])}: {escape(warning)}"
        for result in evaluation["results"]
        for warning in result["warnings"]
    ]
    if warned:
        yield "Warnings while training:\n\n" + "\n".join(warned)


def _data(evidence: Mapping[str, Any]) -> str:
    snapshot, validation = evidence["snapshot"], evidence["validation"]
    left_out = snapshot["rows_without_outcome"] or 0
    lines = [
        f"{snapshot['rows']:,} rows{_span(snapshot['window'] or {})}, "
        f"as known at {_moment(evidence['as_of'])}; {left_out:,} rows without an outcome were left out.",
        f"{validation['checks']} expectations, {len(validation['failed'])} not met.",
    ]
    failed = [f"- {escape(check['severity'])}: {escape(check['sentence'])}" for check in validation["failed"]]
    if failed:
        lines.append("\n".join(failed))
    return "#### Data\n\n" + "\n\n".join(lines)


def _span(window: Mapping[str, Any]) -> str:
    start, end = window.get("start"), window.get("end")
    return (f" from {_moment(start)}" if start else "") + (f" to {_moment(end)}" if end else "")


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _digests(evidence: Mapping[str, Any]) -> str:
    rows = [
        ("Evidence", f"`{digest_of(evidence)}`"),
        ("Package", f"`{evidence['package']}`"),
        ("Snapshot", f"`{evidence['snapshot']['digest']}`"),
        ("Spec and policy", f"`{evidence['spec_digest']}`"),
        ("Code", escape(evidence["code_version"])),
        ("MLflow run", escape(evidence["mlflow_run_id"])),
        ("Airflow run", escape(evidence["dag_run_id"])),
    ]
    return f"#### What this stands for\n\n{_table(('', 'Digest'), rows)}"


def _figure(metrics: Mapping[str, Any], metric: str) -> str:
    return spell(from_json(metrics.get(metric)))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
