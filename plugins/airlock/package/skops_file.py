"""Skops files with the same bytes for the same model, so that a repeated training has the same digest.

Skops names objects by their address in memory and stamps files with the time; neither belongs to the model.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

SCHEMA = "schema.json"
NO_TIME = (1980, 1, 1, 0, 0, 0)


def normalise(path: Path) -> None:
    """Rewrite a skops file with its objects numbered in order of appearance and without time stamps."""
    with ZipFile(path) as source:
        schema = json.loads(source.read(SCHEMA))
        content = {name: source.read(name) for name in source.namelist() if name != SCHEMA}
    numbers: dict[str, int] = {}
    names: dict[str, str] = {}
    for node in _nodes(schema):
        if "__id__" in node:
            node["__id__"] = numbers.setdefault(str(node["__id__"]), len(numbers) + 1)
        if node.get("file") in content:
            old = Path(node["file"])
            number = numbers.setdefault(old.stem, len(numbers) + 1)
            node["file"] = names.setdefault(old.name, f"{number}{old.suffix}")
    with ZipFile(path, "w") as target:
        _write(target, SCHEMA, json.dumps(schema, indent=1).encode())
        for old_name, new_name in names.items():
            _write(target, new_name, content[old_name])


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _nodes(inner)


def _write(target: ZipFile, name: str, content: bytes) -> None:
    entry = ZipInfo(name, date_time=NO_TIME)
    entry.compress_type = ZIP_DEFLATED
    target.writestr(entry, content)
