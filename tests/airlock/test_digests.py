"""Digests: one for all equal values and files, and another for every other."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airlock.digests import (
    CHUNK,
    canonical_json,
    digest_of,
    digest_of_file,
    digest_of_folder,
    digests_of_folder,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBER = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def reordered(value: Any) -> Any:
    """Return an equal value whose keys come in the other order."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@given(JSON)
def test_equal_values_have_one_text_and_it_says_them(value: Any) -> None:
    assert canonical_json(reordered(value)) == canonical_json(copy.deepcopy(value))
    assert json.loads(canonical_json(value)) == value


@given(JSON, JSON)
def test_digests_are_the_same_exactly_where_the_texts_are(one: Any, other: Any) -> None:
    assert (digest_of(one) == digest_of(other)) == (canonical_json(one) == canonical_json(other))


@given(JSON)
def test_what_was_read_back_has_the_digest_it_was_written_under(value: Any) -> None:
    assert digest_of(json.loads(canonical_json(value))) == digest_of(value)


def test_what_json_does_not_tell_apart_is_told_apart() -> None:
    assert len({digest_of(value) for value in (1, 1.0, "1", True, [1], None, {}, [])}) == 8


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest_of(value)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        digest_of({"path": Path("x")})


def test_a_file_is_read_in_pieces_to_the_end(tmp_path: Path) -> None:
    file = tmp_path / "large"
    digests = set()
    for content in (b"a" * CHUNK, b"a" * CHUNK + b"a", b"a" * CHUNK + b"b", b""):
        file.write_bytes(content)
        digests.add(digest_of_file(file))
    assert len(digests) == 4


def test_a_folder_s_digest_is_of_names_and_contents_wherever_it_lies(tmp_path: Path) -> None:
    def folder(name: str, **files: str) -> str:
        for path, content in files.items():
            file = tmp_path / name / path.replace("__", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        return digest_of_folder(tmp_path / name)

    first = folder("first", a="1", b__c="2")
    assert digests_of_folder(tmp_path / "first").keys() == {"a", "b/c"}
    assert folder("same", b__c="2", a="1") == first
    others = [
        folder("one", a="2", b__c="1"),
        folder("two", a="1", c="2"),
        folder("three", a="1", b__c="2", d=""),
    ]
    assert len({first, *others}) == 4
