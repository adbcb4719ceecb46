"""What the documents tell people to write can be written."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from airlock.chain.admission import admit
from airlock.data.suite import load_suite
from airlock.settings import ROOT
from airlock.spec import load_model
from airlock.spec.catalogue import Entry
from airlock.spec.columns import Column
from airlock.spec.data import Quarantine, Source, Use
from airlock.spec.governance import Alerts
from airlock.spec.impact import Impact
from airlock.spec.monitoring import Monitoring
from airlock.spec.people import PEOPLE_FILE
from airlock.spec.robustness import Rule

DATA = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
ADMISSION = (ROOT / "docs" / "admission.md").read_text(encoding="utf-8")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?://)([^)#]+)")


def blocks(language: str, text: str = DATA) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("text", [text for text in blocks("yaml") if text.startswith("source:")])
def test_the_sources_in_data_md_are_sources(text: str) -> None:
    Source.model_validate(yaml.safe_load(text)["source"])


def test_the_quarantine_in_data_md_is_one() -> None:
    (text,) = [text for text in blocks("yaml") if "quarantine:" in text]
    assert Quarantine.model_validate(yaml.safe_load(text)["data"]["quarantine"]).share


def test_the_suite_in_data_md_is_a_suite(tmp_path: Path) -> None:
    (text,) = blocks("json")
    (tmp_path / "expectations.json").write_text(text)
    assert len(load_suite(tmp_path / "expectations.json").expectations) == len(
        json.loads(text)["expectations"]
    )


def test_the_alerts_in_alerts_md_are_alerts() -> None:
    plain, notifying = blocks("yaml", (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8"))
    assert Alerts.model_validate(yaml.safe_load(plain)["alerts"]).notify == ()
    assert (
        "{{ mail.subject }}"
        in Alerts.model_validate(yaml.safe_load(notifying)["alerts"]).notify[0].arguments["text"]
    )


def test_what_indicators_md_watches_is_what_the_demo_watches() -> None:
    business, service = blocks("yaml", (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8"))
    watched = load_model(ROOT / "include", "credit_risk").monitoring
    assert Monitoring.model_validate(yaml.safe_load(business)["monitoring"]).indicators == watched.indicators
    assert Monitoring.model_validate(yaml.safe_load(service)["monitoring"]).service == watched.service


def test_the_files_in_admission_md_can_be_read() -> None:
    entry, use, column, impact = (yaml.safe_load(text) for text in blocks("yaml", ADMISSION))
    assert Use.model_validate(use["data"]["catalogue"]).purpose in Entry.model_validate(entry).purposes
    assert Column.model_validate(column["region"]).feature_because
    form = Impact.model_validate(impact)
    assert all(getattr(form, key) for key in Impact.model_fields), "the example leaves nothing out"


def test_the_model_in_the_readme_is_admitted(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    spec, impact = blocks("yaml", readme)
    (suite,) = blocks("json", readme)
    shutil.copytree(ROOT / "include" / "policies", tmp_path / "policies")
    shutil.copy(ROOT / "include" / PEOPLE_FILE, tmp_path)
    folder = tmp_path / "models" / "churn"
    folder.mkdir(parents=True)
    for name, text in (("model.yaml", spec), ("impact.yaml", impact), ("expectations.json", suite)):
        (folder / name).write_text(text, encoding="utf-8")
    assert admit(load_model(tmp_path, "churn"), include=tmp_path).impact
    assert load_suite(folder / "expectations.json").expectations


def test_the_rules_in_dossier_md_are_rules() -> None:
    (text,) = blocks("yaml", (ROOT / "docs" / "dossier.md").read_text(encoding="utf-8"))
    assert [Rule.model_validate(rule) for rule in yaml.safe_load(text)["rules"]]


@pytest.mark.parametrize(
    "file",
    [
        "README.md",
        "CONTRIBUTING.md",
        *(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md")),
    ],
)
def test_links_between_documents_lead_somewhere(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    broken = [link for link in LINK.findall(text) if not (ROOT / file).parent.joinpath(link).exists()]
    assert not broken
