"""The real-data models: the project's own policies beside the specs of this folder."""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DATA = Path(os.environ.get("AIRLOCK_REAL_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def real_include(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An include folder for the models on real data; skips, saying so, where the data are absent."""
    if not DATA.is_dir():
        pytest.skip(f"the real data are not here: no folder {DATA} (AIRLOCK_REAL_DATA names another)")
    include = tmp_path_factory.mktemp("real") / "include"
    include.mkdir()
    (include / "models").symlink_to(HERE / "models")
    (include / "catalogue").symlink_to(HERE / "catalogue")
    for name in ("policies", "people.yaml"):
        (include / name).symlink_to(ROOT / "include" / name)
    return include
