"""Fuzzing: requests made up from the API's OpenAPI document are answered as it says, never with 500."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.schemas import BaseSchema

from airlock.serving.app import app
from tests.airlock.serving.conftest import World
from tests.airlock.serving.scoring_api import KEY, ScoringApi, by, wait_until

PATHS = app.openapi()["paths"]
OPERATIONS = [(path, method) for path, item in PATHS.items() for method in item]
#: Those that take anything at all.
WITH_INPUT = [one for one in OPERATIONS if {"parameters", "requestBody"} & PATHS[one[0]][one[1]].keys()]
#: Which values a model takes is said by GET /v1/models/{model}, not by the document of all models.
NO_PROMISE = ("positive_data_acceptance",)
FEW = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
Aim = Callable[[Case], None]


@pytest.fixture(scope="module")
def document(api: ScoringApi) -> BaseSchema:
    """The document of a running API, as a caller gets it."""
    wait_until(lambda: api.client.get("/readyz").is_success, "the model serves")
    return schemathesis.openapi.from_url(f"{api.client.base_url}/openapi.json")


@pytest.fixture(scope="module")
def aim(api: ScoringApi, world: World) -> Aim:
    """What turns a made-up request into one about a model, its fields and a decision that are there."""
    common = world.rows[0]
    decided = api.predict({"features": common}).raise_for_status().json()["predictions"][0]["id"]

    def aimed(case: Case) -> None:
        for name, real in (("model", "loans"), ("decision_id", decided)):
            if name in case.path_parameters:
                case.path_parameters[name] = real
        rows = case.body.get("rows") if isinstance(case.body, dict) else None
        for row in rows or ():
            row["features"] = _with_real_names(row["features"], common)

    return aimed


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_a_request_of_the_right_form_is_answered_as_documented(
    document: BaseSchema, aim: Aim, path: str, method: str
) -> None:
    @settings(FEW, max_examples=15)
    @given(case=document[path][method].as_strategy(generation_mode=GenerationMode.POSITIVE))
    def answers(case: Case) -> None:
        aim(case)
        case.call_and_validate(headers=by(KEY), excluded_checks=_excluded())

    answers()


@pytest.mark.parametrize(("path", "method"), WITH_INPUT)
def test_a_request_of_a_wrong_form_is_refused_as_documented(
    document: BaseSchema, path: str, method: str
) -> None:
    @settings(FEW, max_examples=8)
    @given(case=document[path][method].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def answers(case: Case) -> None:
        case.call_and_validate(headers=by(KEY), excluded_checks=_excluded())

    answers()


@pytest.mark.parametrize("body", [b"\xff", b"[" * 100_000, b'{"rows": ' + b"9" * 5000 + b"}"])
@pytest.mark.parametrize("path", [path for path, method in OPERATIONS if method == "post"])
def test_a_body_that_no_parser_takes_is_refused_with_a_cure(api: ScoringApi, path: str, body: bytes) -> None:
    address = path.format(model="loans", decision_id="0f7c3a52-6a5e-4f3e-9d1b-3c1f0a7b2d11")
    answer = api.client.post(address, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("body: ") and "Send one JSON object." in answer.text


def _with_real_names(made_up: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the model's fields, as many of them as there are with made-up values."""
    return {**common, **dict(zip(common, made_up.values(), strict=False))}


def _excluded() -> list[Any]:
    load_all_checks()
    return CHECKS.get_by_names(list(NO_PROMISE))
