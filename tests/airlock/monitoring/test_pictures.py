"""Pictures of findings: PNGs of a size for mail, whatever stands in the data."""

import struct
from datetime import date, timedelta

import pytest

from airlock.monitoring.bars import MISSING, NEVER_SEEN, Bar
from airlock.monitoring.finding import Finding
from airlock.monitoring.pictures import bars_picture, bars_text, course_picture
from airlock.monitoring.severity import badness, how_bad

RANGES = [*(Bar(float(edge), 0.05, 0.02) for edge in range(19)), Bar(None, 0.05, 0.5), Bar(MISSING, 0, 0.1)]
VALUES = [Bar(f"value {number}", 0.05, 0.06) for number in range(20)]


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize(
    "bars",
    [
        RANGES,
        VALUES,
        [Bar(None, 1.0, 1.0)],
        [Bar(MISSING, 1.0, 1.0)],
        [Bar("$\\frac{", 0.5, 0.2), Bar("a\nb\t" + "long " * 20, 0.5, 0.1), Bar(NEVER_SEEN, 0.0, 0.7)],
        [Bar(0.0, 0.0, 1.0), Bar(1e300, 1.0, 0.0)],
    ],
    ids=["ranges", "many values", "one range", "only missing", "hostile names", "extremes"],
)
def test_every_column_is_drawn_in_a_size_for_mail(bars: list[Bar]) -> None:
    png = bars_picture(bars)
    width, height = size(png)
    assert width == 1128, "564 points, twice as fine"
    assert height < width
    assert len(png) < 80_000


def test_the_same_bars_give_the_same_bytes() -> None:
    assert bars_picture(RANGES) == bars_picture(RANGES)


def test_the_text_names_what_moved_most() -> None:
    assert bars_text("income", RANGES) == (
        "income in shares of the rows. Most changed: above 18, 5.0 % in training and 50 % this night."
    )


def test_a_course_is_drawn_with_its_limit_or_without() -> None:
    course = [(date(2026, 1, 1) + timedelta(days=day), 0.7 - day / 100) for day in range(28)]
    assert size(course_picture(course, 0.6)) == size(course_picture(course, None))


def test_faults_come_first_and_then_what_is_most_over_its_limit() -> None:
    fault = Finding("suite", "income", None, None, "", "fault", fault=True)
    unknown = Finding("performance", "roc_auc", None, 0.6, "", "unknown")
    far = Finding("column_drift", "debt", 1.0, 0.25, "", "far")
    near = Finding("performance", "roc_auc", 0.59, 0.6, "", "near")
    warning = Finding("suite", "housing", None, None, "", "warning")
    ordered = sorted((warning, near, far, unknown, fault), key=badness, reverse=True)
    assert {one.key for one in ordered[:2]} == {"fault", "unknown"}
    assert [one.key for one in ordered[2:]] == ["far", "near", "warning"]


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        (Finding("performance", "brier", 0.2, 0.16, "", ""), "25 % above its limit"),
        (Finding("performance", "bias", 0.3, 0.0, "", ""), "0.3 above its limit"),
        (Finding("performance", "roc_auc", None, 0.6, "", ""), "not measurable"),
        (Finding("share_drift", None, 0.5, 0.2, "", ""), "2.5 times its limit"),
        (Finding("column_drift", "debt", 26.31, 0.25, "", ""), "110 times its limit"),
    ],
)
def test_how_bad_is_said_in_the_finding_s_own_measure(finding: Finding, said: str) -> None:
    assert how_bad(finding) == said
