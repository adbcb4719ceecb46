"""The data card: what a model's data are, who is in them and who is not, and what they must not be used for.

After Pushkarna, Zaldivar, Kjartansson: Data Cards, FAccT 2022: what a reader needs to use data responsibly,
in plain sentences, with nothing that could name a person.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from airlock.evaluation.escape import escape

ROLES = {
    "feature": "the model learns from it",
    "protected": "says which group a person belongs to",
    "identifier": "names a row or a person",
    "event_time": "says when it happened",
    "target": "what is predicted",
}


def data_card(evidence: Mapping[str, Any]) -> str:
    """Return the data card as Markdown.

    Parameters
    ----------
    evidence
        The evidence as JSON; `inspection`, `quarantine` and `catalogue` may be missing or null, and the card
        then says that nobody looked.
    """
    inspection = evidence.get("inspection")
    parts = [f"# Data card: {escape(evidence['title'])}", _section("What they are", _what(evidence))]
    if inspection is None:
        parts.append(
            "These data were not inspected: who is in them and what is wrong with them is not known."
        )
    else:
        parts += [
            _section("Columns", _columns(inspection)),
            _section("Outcomes", _outcomes(inspection)),
            _section("Who is in them", _people(inspection)),
            _section("Who is not", _absent(inspection)),
            _section("What was found", _found(inspection)),
            _section("What was accepted, and why", _accepted(inspection)),
        ]
    parts.append(_section("What must not be done with them", _forbidden(evidence, inspection)))
    return "\n\n".join(parts) + "\n"


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n\n".join([f"## {title}", "\n".join(lines)])


def _what(evidence: Mapping[str, Any]) -> Iterator[str]:
    snapshot = evidence["snapshot"]
    yield f"- The rows that {escape(evidence['title'])} was trained and measured on: {snapshot['rows']:,}."
    if catalogue := evidence.get("catalogue"):
        responsible = catalogue.get("responsible") or {}
        yield (
            f"- They come from {escape(catalogue['title'])}, {escape(catalogue['source'])} in the catalogue. "
            f"Responsible for them: {escape(responsible.get('name', 'nobody'))}."
        )
    else:
        yield "- The catalogue does not say where they come from, nor who is responsible for them."
    yield from _when(evidence)
    if unknown := snapshot.get("rows_without_outcome"):
        yield f"- {unknown:,} more rows were left out, because their outcome was not known yet."
    yield from _quarantine(evidence.get("quarantine"))
    yield f"- They are kept unchanged as the snapshot `{snapshot['digest']}`."


def _when(evidence: Mapping[str, Any]) -> Iterator[str]:
    columns = (evidence.get("inspection") or {}).get("columns", [])
    for column in columns:
        if column["role"] == "event_time" and column.get("min"):
            yield f"- They happened from {column['min'][:10]} to {column['max'][:10]}."
    if seen := evidence["snapshot"].get("as_of"):
        yield f"- The world was looked at as of {seen[:10]}: nothing that was observed later is in them."


def _quarantine(quarantine: Mapping[str, Any] | None) -> Iterator[str]:
    if quarantine is None:
        return
    yield (
        f"- {quarantine['held']:,} rows that break an expectation were set aside and are not among them; "
        f"{quarantine['released']:,} were released by a person, {quarantine['dropped']:,} dropped."
    )
    yield from (
        f"  - {reason['rows']:,} rows: {escape(reason['sentence'])}" for reason in quarantine["reasons"]
    )


def _columns(inspection: Mapping[str, Any]) -> Iterator[str]:
    yield from _table(
        ("Column", "What for", "Care", "Missing", "Values"),
        (
            (
                column["name"],
                ROLES.get(column["role"], column["role"]),
                column["classification"],
                _percent(column["missing"]),
                _values(column),
            )
            for column in inspection["columns"]
        ),
    )


def _values(column: Mapping[str, Any]) -> str:
    unit = f" {column['unit']}" if column.get("unit") else ""
    if "median" in column:
        return (
            f"{_number(column['min'])} to {_number(column['max'])}{unit}, half of them at most "
            f"{_number(column['median'])}"
        )
    if "top" in column:
        often = ", ".join(f"{value} {_percent(share)}" for value, share in column["top"])
        more = column["distinct"] - len(column["top"])
        return f"{often}{f', {more:,} more' if more and often else ''}" or f"{more:,} rare values"
    return "" if column["distinct"] is None else f"{column['distinct']:,} different ones"


def _outcomes(inspection: Mapping[str, Any]) -> Iterator[str]:
    rows = inspection["rows"]
    if not inspection["classes"]:
        yield "The target is a number; see its column."
    for label, count in inspection["classes"].items():
        yield f"- {escape(label)}: {count:,} rows, {_percent(count / rows)}."


def _people(inspection: Mapping[str, Any]) -> Iterator[str]:
    if not inspection["groups"]:
        yield "No column says which group a person belongs to, so nobody knows who is in them."
        return
    yield from _table(
        ("Column", "Group", "Rows", "Share", "Population", "Outcome"),
        (
            (
                group["attribute"],
                group["group"],
                f"{group['rows']:,}",
                _percent(group["share"]),
                "not stated" if group["population"] is None else _percent(group["population"]),
                "" if group["label_rate"] is None else _number(group["label_rate"]),
            )
            for group in inspection["groups"]
        ),
    )
    yield ""
    yield "Outcome is the share of the positive class, or the mean of a target that is a number."


def _absent(inspection: Mapping[str, Any]) -> Iterator[str]:
    groups = inspection["groups"]
    lines = [
        f"- Nobody with {escape(group['attribute'])} {escape(group['group'])}, who are "
        f"{_percent(group['population'])} of the population."
        for group in groups
        if not group["rows"] and group["population"]
    ]
    lines += [
        f"- {escape(check['sentence'])}"
        for check in inspection["checks"]
        if check["kind"] == "representation" and (not check["passed"] or check["accepted"])
    ]
    unknown = dict.fromkeys(group["attribute"] for group in groups)
    for group in groups:
        if group["population"] is not None:
            unknown.pop(group["attribute"], None)
    lines += [
        f"- Whether every group of {escape(name)} is represented is not known: the spec states no population."
        for name in unknown
    ]
    yield from lines or ["No group of the population is missing or under-represented beyond the limit."]


def _found(inspection: Mapping[str, Any]) -> Iterator[str]:
    checks = inspection["checks"]
    failed = [check for check in checks if not check["passed"]]
    accepted = sum(bool(check["accepted"]) for check in checks)
    let_through = f", {accepted:,} of which {'is' if accepted == 1 else 'are'} accepted" if accepted else ""
    yield f"{len(checks):,} checks were made; {len(failed) + accepted:,} failed{let_through}."
    told = [check for check in checks if not check["passed"] or (check["notable"] and not check["accepted"])]
    if told:
        yield ""
    for check in told:
        weight = "" if check["passed"] else "**Stops the training.** " if check["blocks"] else "**Warning.** "
        yield f"- {weight}{escape(check['sentence'])}"


def _accepted(inspection: Mapping[str, Any]) -> Iterator[str]:
    accepted = [check for check in inspection["checks"] if check["accepted"]]
    if not accepted:
        yield "Nothing had to be accepted."
    for check in accepted:
        yield f"- {escape(check['sentence'])} Accepted, because: {escape(check['accepted'])}"


def _forbidden(evidence: Mapping[str, Any], inspection: Mapping[str, Any] | None) -> Iterator[str]:
    if catalogue := evidence.get("catalogue"):
        purpose = escape(catalogue["purpose"].replace("_", " "))
        yield f"- They may serve {purpose} and nothing else without a new entry in the catalogue."
    yield f"- What the model is for, and not for: {escape(evidence['purpose'])}"
    if inspection is None:
        return
    columns = inspection["columns"]
    hidden = [column["name"] for column in columns if column["role"] == "protected"]
    if hidden:
        yield (
            f"- To look for unfair treatment and for nothing else: {escape(_listed(hidden))}. No answer may "
            "depend on them unless the spec gives a reason."
        )
    careful = [column["name"] for column in columns if column["classification"] in ("personal", "sensitive")]
    if careful:
        yield (
            f"- Personal: {escape(_listed(careful))}. Nobody may be looked for in the rows, and they may "
            "not be joined with other data to name somebody."
        )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(escape(cell) for cell in row)} |"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.4g}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
