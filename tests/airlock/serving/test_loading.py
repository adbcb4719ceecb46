"""Loading: which form of a package answers, and what is refused."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from airlock.digests import canonical_json
from airlock.package.package import BACKGROUND_FILE, KIND, PORTABLE_FILE, Package
from airlock.package.predictor import Predictor
from airlock.package.scorer import Scorer
from airlock.serving.loading import WrongPackage, load
from airlock.store import Store
from tests.airlock.serving.conftest import Rivals, World


def kept_again(package: Package, store: Store, changed: Mapping[str, bytes | None]) -> str:
    """Keep a package once more with some files changed, or removed, and return its new digest."""
    with store.staging() as folder:
        shutil.copytree(package.folder, folder, dirs_exist_ok=True)
        for name, content in changed.items():
            path = folder / name
            path.unlink() if content is None else path.write_bytes(content)
        return store.keep(KIND, folder)


def test_the_portable_form_answers_where_there_is_one(world: World) -> None:
    assert isinstance(load(Store(world.store), "loans", world.trees.digest), Scorer)


def test_the_original_answers_where_there_is_no_portable_form(world: World, rivals: Rivals) -> None:
    assert isinstance(load(Store(world.store), "loans", rivals.fragile.digest), Predictor)


def test_a_package_older_than_portable_forms_is_answered_by_the_original(
    world: World, tmp_path: Path
) -> None:
    store = Store(tmp_path)
    digest = kept_again(world.linear, store, dict.fromkeys((PORTABLE_FILE, BACKGROUND_FILE, "portable.json")))
    loaded = load(store, "loans", digest)
    assert isinstance(loaded, Predictor)
    assert loaded.predict(world.rows[:1])


def test_a_portable_form_of_another_model_is_refused(world: World, tmp_path: Path) -> None:
    store = Store(tmp_path)
    other = (world.linear.folder / PORTABLE_FILE).read_bytes()
    digest = kept_again(world.trees, store, {PORTABLE_FILE: other})
    with pytest.raises(WrongPackage, match="does not answer its own examples as it must"):
        load(store, "loans", digest)


def test_an_example_that_is_decided_otherwise_is_refused(world: World, tmp_path: Path) -> None:
    store = Store(tmp_path)
    examples = world.linear.examples()
    examples[-1]["prediction"] = {"true": "false", "false": "true"}[examples[-1]["prediction"]]
    digest = kept_again(world.linear, store, {"examples.json": canonical_json(examples)})
    with pytest.raises(WrongPackage, match="does not answer its own examples as it must"):
        load(store, "loans", digest)


def test_a_package_of_another_model_is_refused(world: World) -> None:
    with pytest.raises(WrongPackage, match="is of loans"):
        load(Store(world.store), "cars", world.linear.digest)
