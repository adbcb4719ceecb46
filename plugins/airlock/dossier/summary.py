"""The summary: one screen of Markdown to decide by, for the approval form; the dossier has the rest."""

from collections.abc import Iterator, Mapping
from typing import Any

from airlock.dossier import reading
from airlock.dossier.markdown import bullets, table
from airlock.dossier.words import clean, interval, number, ordered, plain, plural
from airlock.evaluation.escape import escape
from airlock.package.origin import sentence_of

YES, NO = "✓", "✗"  # not emoji: many a server and many a browser has no font for those


def summary(evidence: Mapping[str, Any]) -> str:
    """Return the evidence as GitHub-flavoured Markdown; nothing in it can become markup or a link."""
    facts = reading.whole(evidence)
    parts = (_head, _change, _verdicts, _findings, _figures, _groups)
    return clean("\n\n".join(text for part in parts for text in part(facts))) + "\n"


def _head(e: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {escape(e['title'])}"
    yield escape(e["purpose"])
    if e["decision"]:
        yield f"**Yes means:** {escape(e['decision']['yes_means'])}"
    made = "Taken in" if e["external"] else "Trained"
    yield f"Risk tier **{escape(e['tier'])}**. {made} by **{escape(e['trained_by'])}**: {escape(e['cause'])}"
    if e["external"]:
        yield f"**Not trained here.** {escape(sentence_of(e['external']))}"


def _change(e: Mapping[str, Any]) -> Iterator[str]:
    if sentences := reading.change_sentences(e):
        yield f"**What changes.** {escape(' '.join(sentences))}"


def _verdicts(e: Mapping[str, Any]) -> Iterator[str]:
    failed = [one for one in e["verdicts"] if not one["passed"]]
    outcome = f"{plural(len(failed), 'gate')} failed" if failed else "every one was passed"
    yield f"#### Gates: {outcome}"
    rows = [
        (YES if one["passed"] else NO, escape(plain(one["gate"])), escape(one["sentence"]))
        for one in reading.verdicts(e)
    ]
    yield table(("", "Gate", "Verdict"), rows)


def _findings(e: Mapping[str, Any]) -> Iterator[str]:
    yield f"#### What to worry about: {plural(len(e['findings']), 'finding')}"
    yield bullets(f"{one['about']}: {one['sentence']}" for one in e["findings"]) or "Nothing was found."
    unexamined = [part.replace("_", " ") for part in reading.PARTS if e[part] is None]
    if unexamined:
        yield f"Not examined: {escape(', '.join(unexamined))}."


def _figures(e: Mapping[str, Any]) -> Iterator[str]:
    chosen, champion = reading.chosen(e), e["evaluation"]["champion"]
    ours, theirs = chosen["metrics"], (champion or {}).get("metrics") or {}
    bounds = chosen.get("intervals") or {}
    decided_by = {e["select_by"], e["champion_by"], *(one["gate"] for one in e["verdicts"])}
    rows = [
        (f"{escape(plain(name))} \\({escape(name)}\\)", number(ours[name]), interval(bounds.get(name)),
         number(theirs[name]) if name in theirs else "")
        for name in ordered(ours)
        if name in decided_by
    ]  # fmt: skip
    beside = f"champion \\(version {e['champion_version']}\\)" if e["champion_version"] else "champion"
    yield f"#### Figures of {escape(e['best'])} on {e['rows']:,} held-out rows"
    yield table(("", "Value", "95 % interval", beside), rows)
    if sentence := reading.comparison_sentence(e):
        yield f"**How sure.** {escape(sentence)}"
    elif champion is None:
        yield "There is no champion to compare with: this would be the first."
    if champion and champion["note"]:
        yield escape(champion["note"])


def _groups(e: Mapping[str, Any]) -> Iterator[str]:
    if not e["fairness"]:
        return
    gaps = []
    for attribute in e["fairness"]["attributes"]:
        if found := reading.widest_gap(e, attribute):
            gaps.append(f"By {attribute['attribute']}: {reading.gap_sentence(*found, attribute['groups'])}.")
    if gaps:
        yield "#### Widest gaps between groups"
        yield bullets(gaps)
