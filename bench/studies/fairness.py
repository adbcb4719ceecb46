"""Fairness: whether a planted prejudice and a planted proxy are named, and nothing else, over many worlds.

python -m bench.studies.fairness [SEEDS]

In a calm world sex and region have no part in anything. `biased_label` records loans of women that were
paid back as defaulted; `proxy_column` lets the channel give the sex away, so that a model learns what it is
not to see.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from airlock.examination.fairness.fairness import measure
from airlock.examination.fairness.proxies import find_proxies
from airlock.examination.subject import Subject
from airlock.package.labels import truth_of
from airlock.package.predictor import Predictor
from airlock.samples.credit import Episode, World
from airlock.settings import ROOT
from airlock.spec import ModelSpec
from airlock.spec.decision import Costs, Decision
from airlock.training.candidate import fit
from airlock.training.split import split
from bench.studies.slices import CANDIDATES, DAILY, START, rows
from bench.studies.slices import spec as credit_spec

SEEDS = 20
#: A lender's costs, which refuse whoever defaults with a probability of one in five.
COSTS = Costs(false_positive=1, false_negative=4)
UNFAIR, PROXY = ["sex"], ["channel"]
#: world -> the scenarios at work from its first day on, the attributes and the proxies that must be named.
WORLDS: dict[str, tuple[tuple[str, ...], list[str], list[str]]] = {
    "calm": ((), [], []),
    "biased label": (("biased_label",), UNFAIR, []),
    "proxy column": (("proxy_column",), [], PROXY),
    "biased label and proxy column": (("biased_label", "proxy_column"), UNFAIR, PROXY),
}


@dataclass(frozen=True)
class Found:
    """The attributes and proxies that were named in one world, and the measures."""

    unfair: list[str]
    proxies: list[str]
    sentences: list[str]
    measures: dict[str, float]


def spec() -> ModelSpec:
    """Return the spec of a credit model that refuses people, with sex and region protected."""
    decision = Decision(yes_means="the loan is refused", costs=COSTS)
    return credit_spec().model_copy(update={"decision": decision})


def subject(seed: int, candidate: str, *scenarios: str) -> Subject:
    """Return one candidate beside the hold-out of one world with scenarios at work from its first day on."""
    episodes = tuple(Episode(scenario, start=START) for scenario in scenarios)
    model, table = spec(), rows(World(seed, DAILY, episodes))
    parts = split(table, model)
    fitted = fit(model, candidate, table.take(parts.train), models=ROOT / "include" / "models")
    predictor = Predictor(fitted.signature, fitted.pipeline)
    holdout = table.take(parts.holdout)
    truth = truth_of(holdout, model.data.target, model.task)
    return Subject(model, predictor, holdout, truth, predictor.predict_table(holdout))


def look(it: Subject) -> Found:
    """Return what the examination names."""
    fairness, proxies = measure(it), find_proxies(it)
    return Found(
        [finding.subject.partition("=")[0] for finding in fairness.findings],
        [finding.subject for finding in proxies.findings],
        [finding.sentence for finding in (*fairness.findings, *proxies.findings)],
        {**fairness.measures, **proxies.measures},
    )


def main(seeds: int) -> None:
    """Print for each candidate and kind of world how often exactly what was planted is named."""
    for candidate in CANDIDATES:
        for world, (scenarios, unfair, proxies) in WORLDS.items():
            each = list(_found(range(1, seeds + 1), candidate, scenarios))
            named = [set(one.unfair + one.proxies) for one in each]
            planted = set(unfair + proxies)
            hits, alarms = sum(planted <= one for one in named), sum(bool(one - planted) for one in named)
            print(
                f"{candidate}, {world}, {seeds} worlds: all that was planted named in {hits}; "
                f"anything else in {alarms}",
                flush=True,
            )


def _found(seeds: range, candidate: str, scenarios: tuple[str, ...]) -> Iterator[Found]:
    for seed in seeds:
        it = subject(seed, candidate, *scenarios)
        began = time.perf_counter()
        found = look(it)
        took = time.perf_counter() - began
        figures = ", ".join(f"{name} {value:.3f}" for name, value in found.measures.items())
        print(f"  seed {seed}: {found.unfair} {found.proxies}; {figures}; {took:.1f} s", flush=True)
        yield found


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
