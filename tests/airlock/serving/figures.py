"""Figures: what a scoring API's /metrics says, for tests."""

from prometheus_client.parser import text_string_to_metric_families

from tests.airlock.serving.scoring_api import ScoringApi


def figures(api: ScoringApi) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Return every sample by its name and its labels."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(api.client.get("/metrics").raise_for_status().text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def figure(api: ScoringApi, name: str, **labels: str) -> float:
    """Return the sum of the samples of one name that have these labels."""
    wanted = set(labels.items())
    return sum(value for has, value in figures(api).get(name, {}).items() if wanted <= set(has))
