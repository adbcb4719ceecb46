"""A whole include folder of one's own, to be wrong in."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from airlock.settings import ROOT
from airlock.spec import ModelSpec, SpecError, load_model
from airlock.spec.people import PEOPLE_FILE

MODEL = "credit_risk"
Edit = Callable[..., ModelSpec]


@pytest.fixture
def include(tmp_path: Path) -> Path:
    """A copy of the project's policies and people, and of the credit model's spec."""
    shutil.copytree(ROOT / "include" / "policies", tmp_path / "policies")
    shutil.copy(ROOT / "include" / PEOPLE_FILE, tmp_path)
    (tmp_path / "models" / MODEL).mkdir(parents=True)
    shutil.copy(ROOT / "include" / "models" / MODEL / "model.yaml", tmp_path / "models" / MODEL)
    return tmp_path


@pytest.fixture
def edited(include: Path) -> Edit:
    """Load the credit model after replacing one text in its spec, or in the file named."""

    def load(old: str, new: str, file: str = f"models/{MODEL}/model.yaml") -> ModelSpec:
        path = include / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return load_model(include, MODEL)

    return load


@pytest.fixture
def refusal(edited: Edit) -> Callable[..., str]:
    """Return the message that an edit is refused with."""

    def refused(old: str, new: str, **kwargs: str) -> str:
        with pytest.raises(SpecError) as caught:
            edited(old, new, **kwargs)
        return str(caught.value)

    return refused
