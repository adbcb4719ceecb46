"""Installations of many models for the bench, and the curves of what was measured of them."""

from pathlib import Path
from xml.etree import ElementTree

from airlock.spec import load_model, model_names
from bench.growth.curves import draw
from bench.growth.models import write_include

RECORD = {
    "curves": {
        "parsing": {
            "title": "Reading & storing",
            "across": "models",
            "up": "seconds",
            "series": {"the whole folder": [[2, 8.5], [50, 31.0]], "before a task": [[2, 0.3], [50, 0.3]]},
        }
    }
}


def test_each_of_many_models_can_be_used_and_has_a_name_of_its_own(tmp_path: Path) -> None:
    names = write_include(tmp_path / "include", 3)
    assert model_names(tmp_path / "include" / "models") == tuple(sorted(names))
    assert {load_model(tmp_path / "include", name).title for name in names} == {
        "Credit default risk",
        "Tumour diagnosis",
    }


def test_a_curve_is_drawn_with_its_words_and_again_the_same(tmp_path: Path) -> None:
    (file,) = draw(RECORD, tmp_path)
    once = file.read_bytes()
    words = {text for node in ElementTree.fromstring(once).iter() for text in (node.text or "").split("\n")}
    assert file.name == "growth-parsing.svg"
    assert {"Reading & storing", "models", "seconds", "the whole folder", "before a task"} <= words
    assert draw(RECORD, tmp_path)[0].read_bytes() == once
