"""The model card: what a model is, for whom, how good, and what speaks against it.

The sections are those of Mitchell et al.: Model Cards for Model Reporting, FAT* 2019.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from airlock.dossier import reading
from airlock.dossier.blocks import Block, Bullets, Card, Heading, Paragraph, Picture, Table
from airlock.dossier.words import (
    interval,
    meaning,
    moment,
    number,
    ordered,
    percent,
    plain,
    plural,
    sentence,
)
from airlock.package.origin import sentence_of

UNEXAMINED = "Not examined."


def model_card(evidence: Mapping[str, Any]) -> Card:
    """Return the card of the chosen candidate; a part that was not examined says so."""
    facts = reading.whole(evidence)
    sections = (_details, _use, _factors, _metrics, _data, _analyses, _ethics, _caveats)
    return [
        Heading(f"Model card: {facts['title']}", 1),
        *(block for section in sections for block in section(facts)),
    ]


def _details(e: Mapping[str, Any]) -> Iterator[Block]:
    chosen = reading.chosen(e)
    yield Heading("Model details")
    yield Bullets(
        [
            f"Model: {e['model']}, candidate {e['best']} ({chosen['estimator']})",
            f"Owner: {e['owner']}. Risk tier: {e['tier']}. Task: {e['task']}.",
            f"{'Taken in' if e['external'] else 'Trained'} by {e['trained_by']}, because: {e['cause']}",
            f"As of {moment(e['as_of'])}, by code {e['code_version']}",
            f"Model bytes (sha256): {e['package']}",
            f"Spec and policy (sha256): {e['spec_digest']}",
        ]
    )


def _use(e: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("Intended use")
    yield Paragraph(e["purpose"])
    decision = e["decision"]
    if decision:
        yield Paragraph(
            f"What yes means for a person: {sentence(decision['yes_means'])} "
            f"Yes is answered from a probability of {percent(decision['threshold'])} on."
        )
    if e["catalogue"]:
        yield Paragraph(
            f"The data may serve the purpose {e['catalogue'].get('purpose')}. Any other use is out of scope."
        )
    else:
        yield Paragraph("Any use other than this purpose is out of scope.")


def _factors(e: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("Factors")
    if not e["fairness"]:
        yield Paragraph(f"Groups of people: {UNEXAMINED}")
        return
    looked_at = [attribute["attribute"] for attribute in e["fairness"]["attributes"]]
    yield Paragraph(
        f"It was examined by {', '.join(looked_at)}." if looked_at else "No protected attribute is named."
    )
    small = [
        f"{attribute['attribute']}: {group['group']} ({plural(group['rows'], 'row')})"
        for attribute in e["fairness"]["attributes"]
        for group in attribute["groups"]
        if group["small"]
    ]
    if small:
        yield Paragraph("Groups too small to judge:")
        yield Bullets(small)


def _metrics(e: Mapping[str, Any]) -> Iterator[Block]:
    chosen, champion = reading.chosen(e), e["evaluation"]["champion"] or {}
    bounds = chosen.get("intervals") or {}
    ours, theirs = chosen["metrics"], champion.get("metrics") or {}
    yield Heading("Metrics")
    held_out = "held out" if e["external"] else "held out of training"
    yield Paragraph(f"Measured on {plural(e['rows'], 'row')} {held_out}, with 95 % intervals.")
    rows = [
        [f"{plain(name)} ({name})", meaning(name), number(ours[name]), interval(bounds.get(name)),
         number(theirs[name]) if name in theirs else ""]
        for name in ordered(ours)
    ]  # fmt: skip
    yield Table(["Metric", "What it says", "Value", "95 % interval", "Champion"], rows)
    told = (reading.comparison_sentence(e), " ".join(reading.change_sentences(e)))
    yield from (Paragraph(text) for text in told if text)
    yield Paragraph("The gates:")
    yield Bullets(
        [f"{'Passed' if one['passed'] else 'FAILED'}: {one['sentence']}" for one in reading.verdicts(e)]
    )


def _data(e: Mapping[str, Any]) -> Iterator[Block]:
    snapshot, validation = e["snapshot"], e["validation"]
    window = snapshot.get("window") or {}
    span = " ".join(
        f"{word} {moment(window[key])}" for word, key in (("from", "start"), ("to", "end")) if window.get(key)
    )
    yield Heading("Evaluation data")
    seen = "it may have seen" if e["external"] else "no candidate has seen"
    yield Paragraph(f"{plural(e['rows'], 'row')} of the same snapshot that {seen}.")
    yield Heading("Training data")
    if e["external"]:
        yield Paragraph(f"{sentence_of(e['external'])} What follows is the snapshot it was measured on.")
    yield Paragraph(
        f"{plural(snapshot['rows'], 'row')} {span}. The data card beside this one says more.".replace(
            " .", "."
        )
    )
    yield Bullets(
        [
            f"Snapshot (sha256): {snapshot['digest']}",
            f"{validation['checks']} expectations, {len(validation['failed'])} not met",
            *(f"{check['severity']}: {check['sentence']}" for check in validation["failed"]),
        ]
    )


def _analyses(e: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("Quantitative analyses")
    for key in ("roc", "precision_recall", "residuals", "confusion", "calibration", "cost"):
        yield Picture(key)
    for index, attribute in enumerate((e["fairness"] or {"attributes": []})["attributes"], start=1):
        yield Paragraph(f"By {attribute['attribute']}:")
        yield Bullets(
            [
                f"{reading.gap_sentence(name, gap, attribute['groups'])}."
                for name, gap in attribute["disparities"].items()
            ]
        )
        yield Picture(f"fairness_{index}")
    yield Paragraph(f"Where it errs most: {_worst_slice(e)}")
    yield Picture("importance")
    yield Picture("drift")
    if e["data_drift"] and reading.unmoved(e["data_drift"]):
        yield Paragraph("No column has moved since the champion's training.")


def _worst_slice(e: Mapping[str, Any]) -> str:
    if not e["slices"]:
        return UNEXAMINED
    worst = reading.slices_to_see(e["slices"])
    if not worst:
        return "no slice stands out."
    one = worst[0]
    return (
        f"{one['slice']} ({plural(one['rows'], 'row')}), with a {e['slices']['loss']} of "
        f"{number(one['loss'])} and {number(one['elsewhere'])} elsewhere."
    )


def _ethics(e: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("Ethical considerations")
    sentences = [one["sentence"] for one in (e["proxies"] or {"attributes": []})["attributes"]]
    if e["exposure"]:
        sentences.append(e["exposure"]["sentence"])
    yield Bullets(sentences) if sentences else Paragraph(f"Proxies and exposure: {UNEXAMINED}")
    if e["impact"]:
        yield Paragraph("The impact assessment:")
        yield Bullets([f"{key.replace('_', ' ')}: {_flat(value)}" for key, value in e["impact"].items()])
    else:
        yield Paragraph(f"Impact assessment: {UNEXAMINED}")


def _caveats(e: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("Caveats and recommendations")
    sentences = [finding["sentence"] for finding in e["findings"]]
    yield Bullets(sentences) if sentences else Paragraph("The examinations found nothing to warn of.")
    absent = [part.replace("_", " ") for part in reading.PARTS if e[part] is None]
    if absent:
        yield Paragraph(f"Not examined: {', '.join(absent)}.")


def _flat(value: Any) -> str:
    """Return nested answers as one line.

    >>> _flat([{"risk": "delay", "mitigation": "a phone line"}, "none"])
    'risk: delay, mitigation: a phone line; none'
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{key.replace('_', ' ')}: {_flat(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return "; ".join(_flat(inner) for inner in value)
    return number(value)
