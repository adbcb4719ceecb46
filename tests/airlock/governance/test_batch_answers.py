"""Reading what batches answered, however long the night was."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from airlock.governance.batch_answers import pieces
from airlock.spec.columns import Kind

GROUPS, ROWS = 20, 50_000


def test_a_long_night_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "answers.parquet"
    numbers = np.random.default_rng(7).random(GROUPS * ROWS)
    answers = pa.array(np.where(numbers < 0.5, "no", "yes"))
    night = pa.table({"income": numbers, "score": numbers, "prediction": answers})
    pq.write_table(night, file, row_group_size=ROWS, compression="none")
    whole = 2 * numbers.nbytes
    del night, numbers, answers

    before, most, rows = pa.total_allocated_bytes(), 0, 0
    for piece in pieces(file, {"income": Kind.NUMBER}):
        rows += piece.num_rows
        most = max(most, pa.total_allocated_bytes() - before)
    assert rows == GROUPS * ROWS
    assert most < whole / 2
