from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airlock.scoring.doubles import Fingerprints, doubles, fingerprints


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files in which b comes twice, once in each, and c twice in one."""
    made = []
    for name, keys in (("one", ["a", "b"]), ("two", ["c", "b", "c", "d"])):
        pq.write_table(pa.table({"key": keys}), tmp_path / name)
        made.append(tmp_path / name)
    return made


def test_keys_that_come_again_are_found_across_pieces() -> None:
    seen = Fingerprints()
    for keys in (["a", "b"], ["c", "b"], [], ["c", "d"]):
        seen.add(pa.array(keys, pa.string()))
    assert set(seen.repeated()) == set(fingerprints(pa.array(["b", "c"])))


def test_keys_that_all_differ_repeat_nothing() -> None:
    seen = Fingerprints()
    assert not len(seen.repeated())
    seen.add(pa.array([str(number) for number in range(1000)]))
    assert not len(seen.repeated())


def test_doubles_are_named_from_the_files(files: list[Path]) -> None:
    assert doubles(files, "key", fingerprints(pa.array(["b", "c"]))) == ["b", "c"]


def test_equal_fingerprints_of_different_keys_are_no_double(files: list[Path]) -> None:
    assert doubles(files, "key", fingerprints(pa.array(["a", "d"]))) == []


def test_nothing_repeated_reads_no_file() -> None:
    assert doubles([Path("nowhere")], "key", np.empty(0, np.uint64)) == []
