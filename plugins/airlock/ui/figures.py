"""Figures: what the metrics of the scoring API say, as numbers for people."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

PREDICT = "/v1/models/{model}/predict"
Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Traffic:
    """What was asked and how it went: requests, failures (5xx), refusals (4xx) and times in seconds."""

    requests: int
    failed: int
    refused: int
    p50: float | None
    p99: float | None


@dataclass(frozen=True)
class Figures:
    """What a scoring API says of itself, since its workers started.

    `rows` counts answered rows by model, version, way and purpose; `memory` is one number of bytes a worker.
    """

    ready: bool
    all: Traffic
    models: Mapping[str, Traffic]
    rows: Sequence[tuple[tuple[str, str, str, str], int]]
    serves: frozenset[tuple[str, str, str]]
    refusals: Mapping[str, int]
    challenger_failures: int
    shadow_dropped: int
    spool_bytes: int
    spool_seconds: float
    spool_refused: int
    memory: Sequence[int]
    cpu_seconds: float


class _Samples:
    """The samples of one scrape, by name."""

    def __init__(self, text: str) -> None:
        self._by_name: defaultdict[str, list[tuple[Labels, float]]] = defaultdict(list)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self._by_name[sample.name].append((frozenset(sample.labels.items()), sample.value))

    def named(self, name: str, **labels: str) -> list[tuple[dict[str, str], float]]:
        """Return the samples that have these labels, with all they have."""
        wanted = labels.items()
        return [
            (dict(has), value) for has, value in self._by_name[f"airlock_scoring_{name}"] if wanted <= has
        ]

    def total(self, name: str, **labels: str) -> float:
        """Return the sum of the samples that have these labels."""
        return sum(value for _, value in self.named(name, **labels))

    def by(self, name: str, *labels: str) -> dict[tuple[str, ...], int]:
        """Return sums by the values of some labels."""
        found: defaultdict[tuple[str, ...], float] = defaultdict(float)
        for has, value in self.named(name):
            found[tuple(has[label] for label in labels)] += value
        return {key: int(value) for key, value in sorted(found.items())}

    def quantile(self, q: float, **labels: str) -> float | None:
        """Return a quantile of the times of requests that have these labels, in seconds."""
        buckets: defaultdict[float, float] = defaultdict(float)
        for has, value in self.named("request_seconds_bucket", **labels):
            buckets[float(has["le"])] += value
        return quantile(q, sorted(buckets.items()))

    def traffic(self, **labels: str) -> Traffic:
        """Return what the requests that have these labels were like."""
        statuses: defaultdict[str, float] = defaultdict(float)
        for has, value in self.named("requests_total", **labels):
            statuses[has["status"][:1]] += value
        return Traffic(
            requests=int(sum(statuses.values())),
            failed=int(statuses["5"]),
            refused=int(statuses["4"]),
            p50=self.quantile(0.5, **labels),
            p99=self.quantile(0.99, **labels),
        )


def read(text: str) -> Figures:
    """Return the figures in a text of Prometheus's format.

    Raises
    ------
    ValueError, KeyError
        When it is not such a text, or not one of the scoring API.
    """
    given = _Samples(text)
    ready = given.named("ready")
    if not ready:
        raise KeyError("airlock_scoring_ready is missing")
    asked = sorted({has["model"] for has, _ in given.named("requests_total", route=PREDICT) if has["model"]})
    return Figures(
        ready=all(value == 1 for _, value in ready),
        all=given.traffic(),
        models={model: given.traffic(model=model, route=PREDICT) for model in asked},
        rows=[
            ((model, version, way, purpose), rows)
            for (model, version, way, purpose), rows in given.by(
                "rows_total", "model", "version", "way", "purpose"
            ).items()
        ],
        serves=frozenset(
            (has["model"], has["version"], has["way"]) for has, value in given.named("serves") if value > 0
        ),
        refusals={kind: count for (kind,), count in given.by("refusals_total", "kind").items()},
        challenger_failures=int(given.total("challenger_failures_total")),
        shadow_dropped=int(given.total("shadow_dropped_total")),
        spool_bytes=int(given.total("spool_bytes")),
        spool_seconds=given.total("spool_oldest_seconds"),
        spool_refused=int(given.total("spool_refused")),
        memory=sorted(int(value) for _, value in given.named("memory_bytes")),
        cpu_seconds=given.total("cpu_seconds_total"),
    )


def quantile(q: float, buckets: Sequence[tuple[float, float]]) -> float | None:
    """Return a quantile from cumulative counts, as Prometheus's `histogram_quantile` does; None of nothing.

    Parameters
    ----------
    buckets
        Upper bounds in rising order, the last one infinite, and how many values are not above each.

    Examples
    --------
    >>> quantile(0.5, [(0.1, 40.0), (0.2, 60.0), (math.inf, 60.0)])
    0.075
    >>> quantile(0.99, [(0.1, 40.0), (0.2, 60.0), (math.inf, 80.0)])
    0.2
    """
    total = buckets[-1][1] if buckets else 0.0
    if not total:
        return None
    wanted, lower, below = q * total, 0.0, 0.0
    for upper, count in buckets:
        if count >= wanted:
            if math.isinf(upper):
                return lower
            return lower + (upper - lower) * (wanted - below) / (count - below)
        lower, below = upper, count
    return lower
