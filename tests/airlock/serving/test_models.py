import subprocess
import sys
from datetime import datetime

import pytest

from tests.airlock.serving.scoring_api import ROOT


def test_what_serves_is_listed(api, world):
    api.predict({"features": world.rows[0]})
    (model,) = api.client.get("/v1/models").json()
    assert datetime.fromisoformat(model.pop("since")).utcoffset() is not None
    assert model == {
        "model": "loans",
        "version": 1,
        "package_digest": world.linear.digest,
        "available": True,
        "reason": "",
        "challenger": None,
    }


def test_a_model_says_which_fields_it_takes(api):
    model = api.client.get("/v1/models/loans").json()
    assert (model["version"], model["task"], model["positive"]) == (1, "binary", "true")
    fields = {field["name"]: field for field in model["fields"]}
    assert list(fields) == ["income", "debt", "housing", "insured"]
    assert fields["housing"]["categories"] == ["free", "own", "rent"]
    assert fields["income"]["minimum"] < fields["income"]["example"] < fields["income"]["maximum"]
    examples = {name: field["example"] for name, field in fields.items()}
    assert api.predict({"features": examples}).status_code == 200


@pytest.mark.parametrize("address", ["/v1/models/nothing", "/v1/models/loans%00", "/nowhere"])
def test_what_is_not_there_is_not_found(api, address):
    reply = api.client.get(address)
    assert reply.status_code == 404
    assert reply.json()["detail"]


def test_it_lives_and_is_ready(api):
    assert api.client.get("/healthz").json() == {"status": "alive"}
    assert api.client.get("/readyz").json() == {"ready": True, "problems": []}


def test_its_openapi_document_describes_every_address_and_refusal(api):
    document = api.client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            assert operation["description"], path
    assert {"404", "413", "422", "503"} <= set(
        document["paths"]["/v1/models/{model}/predict"]["post"]["responses"]
    )


def test_it_runs_without_airflow_and_mlflow():
    code = (
        "import sys, airlock.serving.app; "
        "sys.exit(str({'airflow', 'mlflow', 'evidently'} & set(sys.modules)) if "
        "{'airflow', 'mlflow', 'evidently'} & set(sys.modules) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONPATH": "plugins"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
