"""The catalogue: what it does not allow is refused with the file, the key, the cure and whom to ask."""

from collections.abc import Callable
from pathlib import Path

import pytest

from airlock.spec import ModelSpec, SpecError
from airlock.spec.catalogue import Entry, entry_for, entry_names, load_entry
from tests.airlock.loans import COLUMNS, loan_spec

ENTRY = """
title: Lending
responsible: {name: Greta, email: greta@airlock.example}
connection: warehouse
purposes:
  credit_decisions: Decide about loans.
  reports: Report how loans perform.
columns:
  loan: {classification: business}
  asked_at: {classification: business}
  income: {classification: personal}
  debt: {classification: personal}
  housing: {classification: personal}
  insured: {classification: business}
  sex: {classification: sensitive, responsible: {name: Mira, email: mira@airlock.example}}
  defaulted: {classification: business}
"""
SQL = {"sql": {"connection": "warehouse", "query": "SELECT * FROM loans"}}
Told = Callable[..., list[str]]


def spec(source: str = "lending", purpose: str = "credit_decisions", **changes: object) -> ModelSpec:
    use = {"catalogue": {"source": source, "purpose": purpose}, "source": SQL}
    return loan_spec(data=use | changes)


@pytest.fixture
def include(tmp_path: Path) -> Path:
    """An include folder with one entry."""
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "lending.yaml").write_text(ENTRY)
    return tmp_path


@pytest.fixture
def told(include: Path) -> Told:
    """What a spec is refused with after one text of the entry is replaced, line by line."""

    def refused(made: ModelSpec | None = None, old: str = "", new: str = "") -> list[str]:
        file = include / "catalogue" / "lending.yaml"
        assert old in ENTRY
        file.write_text(ENTRY.replace(old, new, 1))
        with pytest.raises(SpecError) as caught:
            entry_for(made or spec(), include)
        return str(caught.value).splitlines()

    return refused


def test_a_spec_that_keeps_to_its_entry_gets_it(include: Path) -> None:
    entry = entry_for(spec(), include)
    assert entry is not None
    assert (entry.title, entry.responsible_for("sex").name) == ("Lending", "Mira")
    assert entry.responsible_for("income").name == "Greta"


def test_a_spec_that_names_none_has_none(include: Path) -> None:
    assert entry_for(loan_spec(), include) is None


def test_an_entry_may_be_reached_in_any_way_where_it_names_no_connection(include: Path) -> None:
    file = include / "catalogue" / "lending.yaml"
    file.write_text(ENTRY.replace("connection: warehouse\n", ""))
    from_a_file = {"file": {"path": "loans.csv", "format": "csv"}}
    assert entry_for(spec(source="lending"), include)
    assert entry_for(loan_spec(data={"catalogue": _use(), "source": from_a_file}), include)


def _use() -> dict[str, str]:
    return {"source": "lending", "purpose": "credit_decisions"}


@pytest.mark.parametrize("source", ["lendin", "../models/loans/model", "LENDING"])
def test_an_entry_that_is_not_there_is_named_with_those_that_are(told: Told, source: str) -> None:
    (line,) = told(spec(source))
    assert f"models/loans/model.yaml: data.catalogue.source: {source!r} is no entry of the catalogue." in line
    assert "Known entries: lending" in line
    assert ("Did you mean 'lending'?" in line) == (source == "lendin")


def test_a_purpose_it_may_not_serve_is_refused(told: Told) -> None:
    (line,) = told(spec(purpose="marketing"))
    assert "data.catalogue.purpose: 'marketing' is nothing that Lending may be used for." in line
    assert "credit_decisions (Decide about loans); reports (Report how loans perform)" in line
    assert "For more ask Greta (greta@airlock.example)." in line


def test_another_connection_is_refused(told: Told) -> None:
    (line,) = told(old="connection: warehouse", new="connection: lake")
    assert "data.source.sql.connection: reads from the connection 'warehouse'" in line
    assert "Read from 'lake', or name the entry of what you read" in line


def test_a_file_in_place_of_the_connection_is_refused(told: Told) -> None:
    (line,) = told(loan_spec(data={"catalogue": _use()}))
    assert "data.source: reads from no connection, and Lending is reached by 'warehouse'." in line


FILES = ("connection: warehouse", "files: s3://bank/loans")


@pytest.mark.parametrize(
    "path", ["s3://bank/loans/2026.csv", "s3://bank/loans/deep/a.csv", "s3://bank/loans"]
)
def test_files_below_the_entrys_address_may_be_read(include: Path, path: str) -> None:
    file = include / "catalogue" / "lending.yaml"
    file.write_text(ENTRY.replace(*FILES))
    source = {"file": {"path": path, "format": "csv"}}
    assert entry_for(loan_spec(data={"catalogue": _use(), "source": source}), include)


@pytest.mark.parametrize(
    "path", ["s3://bank/loans2/a.csv", "s3://other/loans/a.csv", "loans.csv", "memory://bank/loans"]
)
def test_files_elsewhere_are_refused(told: Told, path: str) -> None:
    source = {"file": {"path": path, "format": "csv"}}
    (line,) = told(loan_spec(data={"catalogue": _use(), "source": source}), *FILES)
    assert f"data.source.file.path: reads from the file {path}, and Lending is reached by 's3://bank" in line


def test_an_entry_whose_files_lie_nowhere_is_refused(told: Told) -> None:
    (line,) = told(spec(), FILES[0], "files: s3://bank/../other")
    assert "files: the address 's3://bank/../other' has the part '..'" in line


def test_an_unclassified_column_is_refused(told: Told) -> None:
    (line,) = told(old="  debt:", new="  debts:")
    assert "data.columns.debt: is not classified: Lending has no such column in the catalogue." in line
    assert "Did you mean 'debts'? Write role: ignored, or ask Greta (greta@airlock.example)" in line


def test_a_forbidden_column_is_refused_with_the_reason_and_whom_to_ask(told: Told) -> None:
    (line,) = told(old="sensitive,", new="sensitive, forbidden: nobody agreed to its use.,")
    assert "data.columns.sex: may not be read by any model: nobody agreed to its use." in line
    assert "Write role: ignored, or ask Mira (mira@airlock.example)." in line


@pytest.mark.parametrize("role", ["feature", "ignored"])
def test_a_column_that_tells_groups_apart_must_be_compared_by(told: Told, role: str) -> None:
    made = spec(columns=COLUMNS | {"sex": COLUMNS["sex"] | {"role": role}})
    (line,) = told(made, old="sensitive,", new="sensitive, protected: true,")
    assert "data.columns.sex: says which group a person belongs to" in line
    assert "Write role: protected" in line


def test_a_forbidden_column_may_be_ignored(include: Path) -> None:
    file = include / "catalogue" / "lending.yaml"
    file.write_text(ENTRY.replace("sensitive,", "sensitive, forbidden: nobody agreed to its use,"))
    ignored = COLUMNS | {"sex": {"role": "ignored", "classification": "sensitive"}}
    assert entry_for(spec(columns=ignored), include)


@pytest.mark.parametrize("other", ["business", "sensitive"])
def test_another_classification_than_the_catalogue_s_is_refused(told: Told, other: str) -> None:
    (line,) = told(old="debt: {classification: personal}", new=f"debt: {{classification: {other}}}")
    assert f"data.columns.debt.classification: is personal here, and {other} in the catalogue." in line
    assert f"Write {other}, or ask Greta" in line


def test_every_refusal_is_told_at_once(told: Told) -> None:
    lines = told(spec(purpose="marketing"), old="  debt: {classification: personal}\n  housing", new="  home")
    keys = [line.split(": ")[1] for line in lines]
    assert keys == ["data.catalogue.purpose", "data.columns.debt", "data.columns.housing"]


@pytest.mark.parametrize(
    "old, new, said",
    [
        (
            "title:",
            "titel:",
            ("titel: is not a key Airlock knows. Did you mean 'title'?", "title: is missing"),
        ),
        ("business}", "secret}", ("columns.loan.classification: 'secret' does not fit.",)),
        ("business}", "business, forbiden: x}", ("columns.loan.forbiden: is not", "'forbidden'")),
        ("sensitive,", "sensitive, forbidden: why,", ("columns.sex.forbidden: 'why' does not fit",)),
        ("mira@airlock.example", "mira", ("columns.sex.responsible.email:",)),
        ("  loan:", "  debt:", ("file:", "'debt' is written twice")),
    ],
)
def test_a_wrong_entry_is_told_like_a_wrong_spec(
    told: Told, old: str, new: str, said: tuple[str, ...]
) -> None:
    lines = told(old=old, new=new)
    assert all("catalogue/lending.yaml: " in line for line in lines)
    for words in said:
        assert words in "\n".join(lines)


def test_an_entry_without_purposes_is_refused(told: Told) -> None:
    purposes = ENTRY[ENTRY.index("  credit") : ENTRY.index("columns:")]
    assert "purposes: None does not fit" in "\n".join(told(old=purposes, new=""))


def test_entries_are_read_by_their_names(include: Path) -> None:
    assert entry_names(include) == ("lending",)
    assert isinstance(load_entry(include, "lending"), Entry)
    assert entry_names(include / "elsewhere") == ()


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        (
            {"sql": {"connection": "cellar", "query": "SELECT 1 AS value"}},
            ".source.sql.connection: reads from",
        ),
        ({"callable": {"function": "a.b"}}, ".source: reads from no connection"),
    ],
)
def test_an_indicator_reads_from_the_entry_s_own_connection(
    told: Told, source: dict[str, object], wrong: str
) -> None:
    asked = {"title": "Money lost", "unit": "EUR", "at_most": 1}
    watched = spec().model_dump(mode="json") | {
        "name": "loans",
        "monitoring": {"indicators": {"lost": asked | {"source": source}}},
    }
    (line,) = told(ModelSpec.model_validate(watched))
    assert f"monitoring.indicators.lost{wrong}" in line
