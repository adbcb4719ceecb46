"""The sections of the page, in the order in which an approver decides."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """One section, with the template `sections/<key>.html.j2`.

    Where the evidence lacks its `part`, it was not examined.
    """

    key: str
    title: str
    lead: str
    part: str = ""


SECTIONS = (
    Section(
        "verdicts",
        "What the gates say",
        "Each gate holds a figure, measured on rows the model has never seen, against a limit. One failed "
        "gate is enough to refuse a candidate.",
    ),
    Section(
        "worries",
        "What to worry about",
        "What the examinations found, whether or not a limit was set on it. An approver should have an "
        "answer to each.",
    ),
    Section(
        "comparison",
        "Candidates and champion",
        "Every candidate that was trained, and the champion (the model in production now), measured on "
        "the same rows. Below a figure stands the range that holds the true value in 95 of 100 cases (95 "
        "% interval).",
    ),
    Section(
        "decision",
        "The decision and its cost",
        "From which probability on the answer is yes, and what that costs in the terms of the business.",
        "decision",
    ),
    Section(
        "quality",
        "How good the scores are",
        "Whether the model puts the right cases first, and whether what it foresees happens as often as "
        "it says (calibration).",
    ),
    Section(
        "fairness",
        "Fairness",
        "How the answers treat groups of people, one protected attribute at a time and crossed with each "
        "other. Small groups are named, because nothing can be said of them.",
        "fairness",
    ),
    Section(
        "proxies",
        "Hidden stand-ins for protected attributes",
        "Whether the features, or the score itself, give away what the model must not use (proxies). 0.5 "
        "means they say nothing, 1 means they say everything.",
        "proxies",
    ),
    Section(
        "slices",
        "Where it errs most",
        "Groups of rows, found automatically, on which the model does worse than elsewhere (slices).",
        "slices",
    ),
    Section(
        "robustness",
        "How it behaves when rows change",
        "The same rows with noise, missing or unknown values, or chosen small changes; and the rules that "
        "its scores must obey (metamorphic tests).",
        "robustness",
    ),
    Section(
        "explanation",
        "Why it answers as it does",
        "Which features move its answers overall, what moved single answers, and what would have changed "
        "them (counterfactuals).",
        "explanation",
    ),
    Section(
        "exposure",
        "Whether it gives away who was in its training data",
        "How well somebody who sees the scores could tell (membership inference). 0.5 is guessing.",
        "exposure",
    ),
    Section(
        "latency",
        "How fast it answers",
        "Measured with the very package that would serve.",
        "latency",
    ),
    Section(
        "portable",
        "Portable form",
        "Whether the model can run outside of Python (ONNX) and then gives the same answers.",
        "portable",
    ),
    Section(
        "effects",
        "What changing something would do",
        "Estimates of the effect of an action on the outcome. Unlike the importances, they claim a cause; "
        "they rest on the assumptions in the spec.",
        "explanation",
    ),
    Section(
        "data",
        "The data",
        "What it was trained and measured on, what was checked, set aside and accepted.",
    ),
    Section(
        "impact",
        "Impact assessment",
        "What was answered before the first training.",
        "impact",
    ),
    Section(
        "catalogue",
        "Where the data come from, and what for",
        "What the data catalogue allows.",
        "catalogue",
    ),
    Section(
        "lineage",
        "What this stands for",
        "Every part known by its digest (sha256): whoever changes one byte changes the digest, and is "
        "found out.",
    ),
)
