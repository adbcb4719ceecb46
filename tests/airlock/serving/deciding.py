"""Asking a scoring API about what it decided."""

from typing import Any

import httpx

from tests.airlock.serving.scoring_api import ScoringApi, wait_until

EXPLAIN = "/v1/models/loans/explain"


def asked(api: ScoringApi, decision: str) -> httpx.Response:
    """Ask about a decision by its id."""
    return api.client.get(f"/v1/decisions/{decision}")


def decided(api: ScoringApi, row: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Let a row be decided and return the prediction."""
    (made,) = (
        api.predict({"features": row, "entity_key": "A7"}, **more).raise_for_status().json()["predictions"]
    )
    return dict(made)


def decided_by(api: ScoringApi, row: dict[str, Any], version: int) -> dict[str, Any]:
    """Let a row be decided once a version answers it, and return the prediction."""

    def answers() -> bool:
        reply = api.predict({"features": row, "entity_key": "A7"})
        return reply.is_success and reply.json()["predictions"][0]["version"] == version

    wait_until(answers, f"version {version} answers")
    return decided(api, row)


def adds_up(explanation: dict[str, Any]) -> float:
    """Return base and contributions added up."""
    return float(explanation["base"] + sum(one["contribution"] for one in explanation["contributions"]))
