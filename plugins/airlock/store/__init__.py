"""The evidence store: folders and files kept under their own digest, never changed once written."""

from airlock.settings import Settings
from airlock.store.errors import StoreAway, StoreError
from airlock.store.folder import Kept, Store

__all__ = ["Kept", "Store", "StoreAway", "StoreError", "open_store"]


def open_store(here: Settings) -> Store:
    """Return the evidence store of an installation: a folder, or a place in an object storage."""
    if not isinstance(here.store, str):
        return Store(here.store)
    from airlock.store.bucket import Bucket
    from airlock.store.bucket_store import BucketStore

    return BucketStore(here.store_cache, Bucket(here.store))
