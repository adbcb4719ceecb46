"""Stores of both kinds."""

from pathlib import Path

import pytest

from airlock.store import Store
from tests.airlock.object_server import ObjectServer
from tests.airlock.store.stores import InBucket, InFolder, Kind


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    """A store in a folder, and then one in a bucket."""
    if request.param == "folder":
        return InFolder(Store(tmp_path / "store"))
    return InBucket.new(request.getfixturevalue("object_storage"), tmp_path)


@pytest.fixture
def store(place: Kind) -> Store:
    """The store itself."""
    return place.store


@pytest.fixture
def bucket(object_storage: ObjectServer, tmp_path: Path) -> InBucket:
    """A store in a bucket."""
    return InBucket.new(object_storage, tmp_path)
