"""The smoke test: the scoring API must give the answers that the package itself holds."""

import time
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
        request = {
            "rows": [{"features": example["features"]} for example in examples],
            "purpose": "smoke_test",
        }
        response = client.post(f"/v1/models/{model}/predict", json=request)
    if response.status_code != httpx.codes.OK:
        raise SmokeTestFailed(f"The scoring API answered {response.status_code}: {response.text[:500]}")
    answers = response.json()["predictions"]
    for number, (example, answer) in enumerate(zip(examples, answers, strict=True), start=1):
        if (
            abs(answer["score"] - example["score"]) > TOLERANCE
            or answer["prediction"] != example["prediction"]
        ):
            raise SmokeTestFailed(
                f"Example {number} of package {short(package.digest)} must give {example['score']}, "
                f"and production gives {answer['score']}."
            )


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
    if response.status_code != httpx.codes.OK:
        return f"{response.status_code} {response.text[:200]}"
    body = response.json()
    return body["version"], body["package_digest"]
