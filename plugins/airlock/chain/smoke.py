"""The smoke test: the scoring API must give the answers that the package itself holds."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from airlock.digests import short
from airlock.package.package import Package

TOLERANCE = 1e-9
PATIENCE_SECONDS = 30.0


class SmokeTestFailed(Exception):
    """Production does not answer as the package says it must."""


def smoke_test(
    scoring_url: str, package: Package, *, version: int, patience: float = PATIENCE_SECONDS
) -> None:
    """Ask the scoring API for the package's examples, once it says that it serves the version.

    Raises
    ------
    SmokeTestFailed
        When the API does not serve the version within `patience` seconds, or answers otherwise.
    """
    model = package.signature.model
    with httpx.Client(base_url=scoring_url, timeout=10) as client:
        _wait_for(client, model, version, package.digest, patience)
        examples = package.examples()
        answers = _ask(client, model, examples)
    for number, (example, answer) in enumerate(zip(examples, answers, strict=True), start=1):
        if not _same(example, answer):
            raise SmokeTestFailed(
                f"Example {number} of package {short(package.digest)} must give {_told(example)}, "
                f"and production gives {_told(answer)}."
            )


def _ask(
    client: httpx.Client, model: str, examples: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    """Return one answer for each example; whatever else comes back is a failure too."""
    request = {"rows": [{"features": example["features"]} for example in examples], "purpose": "smoke_test"}
    try:
        response = client.post(f"/v1/models/{model}/predict", json=request)
    except httpx.TransportError as error:
        raise SmokeTestFailed(f"The scoring API serves {model} and gave no answer ({error}).") from error
    said = f"{response.status_code}: {response.text[:500]}"
    if response.status_code != httpx.codes.OK:
        raise SmokeTestFailed(f"The scoring API answered {said}")
    try:
        answers = [
            {key: answer[key] for key in ("score", "prediction")} for answer in response.json()["predictions"]
        ]
    except (ValueError, KeyError, TypeError):
        answers = []
    if len(answers) != len(examples):
        raise SmokeTestFailed(f"The scoring API did not answer all of {len(examples)} rows: {said}")
    return answers


def _same(example: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Say whether two answers are one; what is no number, or not a number, equals nothing."""
    score = answer["score"]
    return (
        isinstance(score, int | float)
        and abs(score - example["score"]) <= TOLERANCE
        and answer["prediction"] == example["prediction"]
    )


def _told(answer: Mapping[str, Any]) -> str:
    return f"{answer['prediction']} with the score {answer['score']}"


def _wait_for(client: httpx.Client, model: str, version: int, digest: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    while (found := _serving(client, model)) != (version, digest):
        if time.monotonic() > deadline:
            raise SmokeTestFailed(
                f"After {patience:.0f} s the scoring API does not serve {model} version {version}: {found}."
            )
        time.sleep(0.2)


def _serving(client: httpx.Client, model: str) -> Any:
    try:
        response = client.get(f"/v1/models/{model}")
    except httpx.TransportError as error:
        return f"no answer from {client.base_url} ({error})"
    try:
        body = response.raise_for_status().json()
        return body["version"], body["package_digest"]
    except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
        return f"{response.status_code} {response.text[:200]}"
