"""Text files as programs write them: what can be read is read, and what cannot is refused with its cure."""

from pathlib import Path

import pytest

from airlock.onboarding.errors import OnboardingError
from airlock.onboarding.text_file import LOOKED_AT, read_text

NAMES = ["id", "note", "income"]


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "customers of today.csv"
    file.write_bytes(text.encode(encoding))
    return file


def test_values_of_several_lines_are_read_however_many_lines_they_make(tmp_path: Path) -> None:
    rows = "".join(f'{number},"one\n\ntwo, three",5\n' for number in range(LOOKED_AT))
    found = read_text(csv_file(tmp_path, f"id,note,income\n{rows}"), None)
    assert found.num_rows == LOOKED_AT and found["note"][0].as_py() == "one\n\ntwo, three"


def test_a_name_of_several_lines_is_one_line(tmp_path: Path) -> None:
    found = read_text(csv_file(tmp_path, '\nid,note,"income\n(EUR)"\n1,a,5\n'), None)
    assert found.to_pylist() == [{"id": "1", "note": "a", "income (EUR)": "5"}]


def test_a_text_of_any_length_is_a_value(tmp_path: Path) -> None:
    long = "long " * 40_000
    found = read_text(csv_file(tmp_path, f"id,note,income\n1,{long},5\n"), None)
    assert found["note"][0].as_py() == long


@pytest.mark.parametrize(
    ("encoding", "cure"), [("utf-16", "iconv -f utf-16 -t utf-8 '"), ("latin1", "iconv -f latin1 -t utf-8 '")]
)
def test_another_encoding_is_refused_with_the_cure_that_fits(
    tmp_path: Path, encoding: str, cure: str
) -> None:
    file = csv_file(tmp_path, "id;größe\n1;2\n", encoding)
    with pytest.raises(OnboardingError, match=cure) as caught:
        read_text(file, None)
    assert f"'{file}' > utf8.csv" in str(caught.value)


def test_another_encoding_far_down_is_found_too(tmp_path: Path) -> None:
    rows = "1;a\n" * 20_000
    with pytest.raises(
        OnboardingError, match="is not UTF-8. Turn it into UTF-8 first, such as: iconv -f latin1"
    ):
        read_text(csv_file(tmp_path, f"id;city\n{rows}2;Zürich\n", "latin1"), None)


@pytest.mark.parametrize(("first", "income"), [("nr,remark,salary", "5"), ("ID,remark,salary", "low")])
def test_names_over_names_are_refused(tmp_path: Path, first: str, income: str) -> None:
    file = csv_file(tmp_path, f"{first}\na,x,{income}\nb,,{income}\n")
    with pytest.raises(OnboardingError, match=f"has names of its own: {first.replace(',', ', ')}. Leave"):
        read_text(file, NAMES)


@pytest.mark.parametrize("first", ["id,note,income", "a,x,7", "a,,?"])
def test_names_for_a_file_without_or_with_the_same_take_no_row_away(tmp_path: Path, first: str) -> None:
    found = read_text(csv_file(tmp_path, f"{first}\nb,y,6\n"), NAMES)
    assert found.column_names == NAMES
    assert found["id"].to_pylist() == (["b"] if first.startswith("id") else ["a", "b"])
