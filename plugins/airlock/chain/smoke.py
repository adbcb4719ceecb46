"""The smoke test: the scoring API must give the answers that the package itself holds."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from airlock.chain.own_client import own_client
from airlock.digests import short
from airlock.package.examples import first_unexpected
from airlock.package.package import Package
from airlock.settings import SettingsError

PATIENCE_SECONDS = 30.0


class SmokeTestFailed(Exception):
    """Production does not answer as the package says it must."""


def smoke_test(
    scoring_url: str,
    package: Package,
    *,
    version: int,
    beside: bool = False,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Ask the scoring API for the package's examples, once it says that it serves the version.

    With `beside`, the version is to run beside what serves: as the challenger, not as the champion.

    Raises
    ------
    SmokeTestFailed
        When the API does not serve the version within `patience` seconds, answers otherwise, or cannot be
        asked.
    """
    model = package.signature.model
    try:
        client = own_client(scoring_url, timeout=10)
    except SettingsError as error:
        raise SmokeTestFailed(f"The scoring API cannot be asked: {error}") from error
    with client:
        _wait_for(client, model, version, package.digest, beside, patience)
        examples = package.examples()
        answers = _ask(client, model, version, examples)
    wrong = first_unexpected(package, [(answer["score"], answer["prediction"]) for answer in answers])
    if wrong is not None:
        raise SmokeTestFailed(
            f"Example {wrong + 1} of package {short(package.digest)} must give {_told(examples[wrong])}, "
            f"and production gives {_told(answers[wrong])}."
        )


def _ask(
    client: httpx.Client, model: str, version: int, examples: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    """Return one answer for each example; whatever else comes back is a failure too."""
    rows = [{"features": example["features"]} for example in examples]
    request = {"rows": rows, "purpose": "smoke_test", "version": version}
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


def _told(answer: Mapping[str, Any]) -> str:
    return f"{answer['prediction']} with the score {answer['score']}"


def _wait_for(
    client: httpx.Client, model: str, version: int, digest: str, beside: bool, patience: float
) -> None:
    deadline = time.monotonic() + patience
    while (found := _serving(client, model, beside)) != (version, digest):
        if time.monotonic() > deadline:
            said = f"serve {model} version {version}" + (" beside the champion" if beside else "")
            raise SmokeTestFailed(f"After {patience:.0f} s the scoring API does not {said}: {found}.")
        time.sleep(0.2)


def _serving(client: httpx.Client, model: str, beside: bool) -> Any:
    try:
        response = client.get(f"/v1/models/{model}")
    except httpx.TransportError as error:
        return f"no answer from {client.base_url} ({error})"
    try:
        body = response.raise_for_status().json()
        said = body["challenger"] if beside else body
        if beside and not said["available"]:
            return said["reason"]
        return said["version"], said["package_digest"]
    except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
        return f"{response.status_code} {response.text[:200]}"
