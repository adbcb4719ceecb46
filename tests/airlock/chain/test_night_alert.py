"""What an alert tells of a recorded night."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.engine import Engine

from airlock.chain.night_alert import MOST_FINDINGS, MOST_PICTURES, advice, alert_lines
from airlock.governance import nights
from airlock.governance.nights import Night
from airlock.monitoring.finding import Finding

NIGHT = date(2026, 1, 11)
DAY = timedelta(days=1)
DRIFT = Finding("column_drift", "debt", 1.2, 0.25, "debt has shifted.", "column_drift/debt")
WORSE = Finding("performance", "roc_auc", 0.5, 0.6, "roc_auc is 0.5.", "performance/roc_auc")
FAULT = Finding("suite", "income", None, None, "Income is in EUR a month.", "suite/income", fault=True)
BARS = [{"name": "rent", "before": 0.7, "now": 0.2}, {"name": "own", "before": 0.3, "now": 0.8}]


def measures(*columns: str, roc_auc: float | None = None) -> dict[str, Any]:
    metrics = None if roc_auc is None else {"roc_auc": roc_auc}
    drift = [{"column": column, "bars": BARS} for column in columns]
    return {"drift": drift, "performance": {"metrics": metrics}}


def recorded(
    engine: Engine, *findings: Finding, night: date = NIGHT, measured: dict[str, Any] | None = None
) -> Night:
    at = datetime(2026, 1, 20, tzinfo=UTC)
    made = Night("loans", night, 1, 240, measured or {}, [one.to_json() for one in findings], None, at)
    with engine.begin() as conn:
        nights.record(conn, made)
    return made


def test_each_finding_is_told_with_the_first_of_the_nights_in_a_row_the_worst_first(engine: Engine) -> None:
    for ago in (1, 2, 4):
        recorded(engine, DRIFT, night=NIGHT - ago * DAY)
    lines = alert_lines(recorded(engine, WORSE, DRIFT, FAULT), engine=engine)
    assert [(line.sentence, line.how_bad, line.since) for line in lines] == [
        ("Income is in EUR a month.", "a fault in the data", NIGHT),
        ("debt has shifted.", "4.8 times its limit", date(2026, 1, 9)),
        ("roc_auc is 0.5.", "17 % below its limit", NIGHT),
    ]


def test_a_shifted_column_is_drawn_from_the_bars_on_record(engine: Engine) -> None:
    (line,) = alert_lines(recorded(engine, DRIFT, measured=measures("debt", "income")), engine=engine)
    assert line.picture is not None
    assert line.picture.name == "debt"
    assert line.picture.text.startswith("debt in shares of the rows. Most changed: ")
    assert line.picture.content.startswith(b"\x89PNG")


def test_a_metric_is_drawn_from_the_nights_that_measured_it(engine: Engine) -> None:
    for ago, value in ((29, 0.9), (3, 0.7), (2, None), (1, 0.65)):
        recorded(engine, night=NIGHT - ago * DAY, measured=measures(roc_auc=value))
    (line,) = alert_lines(recorded(engine, WORSE, measured=measures(roc_auc=0.5)), engine=engine)
    assert line.picture is not None
    assert line.picture.text == (
        "roc_auc from night to night: 0.7 on 2026-01-08, 0.5 on 2026-01-11; limit 0.6."
    )


def test_the_first_night_of_a_metric_has_no_course_to_draw(engine: Engine) -> None:
    (line,) = alert_lines(recorded(engine, WORSE, measured=measures(roc_auc=0.5)), engine=engine)
    assert line.picture is None


def test_a_night_recorded_without_bars_is_told_without_a_picture(engine: Engine) -> None:
    old = {"drift": [{"column": "debt", "psi": 1.2}]}
    (line,) = alert_lines(recorded(engine, DRIFT, measured=old), engine=engine)
    assert line.picture is None


def test_a_column_with_two_findings_is_drawn_once(engine: Engine) -> None:
    warning = Finding("suite", "debt", None, None, "debt is odd.", "suite/debt")
    lines = alert_lines(recorded(engine, warning, DRIFT, measured=measures("debt")), engine=engine)
    assert [bool(line.picture) for line in lines] == [True, False]


def test_however_much_is_found_the_alert_stays_short(engine: Engine) -> None:
    names = [f"column_{number}" for number in range(30)]
    found = [Finding("column_drift", name, 1.0 + at, 0.25, name, name) for at, name in enumerate(names)]
    lines = alert_lines(recorded(engine, *found, measured=measures(*names)), engine=engine)
    assert len(lines) == MOST_FINDINGS
    assert sum(line.picture is not None for line in lines) == MOST_PICTURES
    assert lines[0].sentence == "column_29"


def test_each_kind_of_matter_has_its_advice_once(engine: Engine) -> None:
    twice = Finding("performance", "brier", 0.5, 0.16, "brier is 0.5.", "performance/brier")
    told = advice(recorded(engine, DRIFT, WORSE, twice))
    assert len(told) == 2
    assert any("roll back" in sentence for sentence in told)


def test_an_indicator_is_drawn_from_the_nights_that_knew_it(engine: Engine) -> None:
    lost = Finding("indicator", "lost", 5.0, 4.0, "Money lost is 5 %.", "indicator/lost")
    for ago, value in ((2, 3.0), (1, None)):
        recorded(engine, night=NIGHT - ago * DAY, measured={"indicators": {"lost": {"value": value}}})
    made = recorded(engine, lost, measured={"indicators": {"lost": {"value": 5.0}}})
    (line,) = alert_lines(made, engine=engine)
    assert line.picture is not None
    assert line.picture.text == "lost from night to night: 3 on 2026-01-09, 5 on 2026-01-11; limit 4."


def test_an_estimate_is_drawn_from_the_nights_that_had_one(engine: Engine) -> None:
    low = Finding("estimate", "roc_auc", 0.6, 0.66, "By estimate it is 0.6.", "estimate/roc_auc")
    for ago, pending in ((3, None), (2, {"metrics": None}), (1, {"metrics": {"roc_auc": {"mean": 0.7}}})):
        recorded(engine, night=NIGHT - ago * DAY, measured={"estimate": {"pending": pending}})
    measured = {"estimate": {"pending": {"metrics": {"roc_auc": {"mean": 0.6}}}}}
    (line,) = alert_lines(recorded(engine, low, measured=measured), engine=engine)
    assert line.how_bad == "9.1 % below its limit"
    assert line.picture is not None
    assert line.picture.text.startswith("roc_auc from night to night: 0.7 on ")
