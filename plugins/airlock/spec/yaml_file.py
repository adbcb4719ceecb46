"""YAML files as people write them, in which a key that is written twice is a mistake."""

from pathlib import Path
from typing import Any

import yaml

from airlock.spec.errors import Problem, SpecError


class Loader(yaml.CSafeLoader):
    """A safe loader that refuses a mapping with one key twice, of which YAML would keep the last.

    Reading is libyaml's: Python's own is eight times slower, and fifty specs are read for every Dag file.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping after looking at its keys."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is written twice", key_node.start_mark
                )
            if isinstance(key, str):
                seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(file: Path) -> dict[str, Any]:
    """Return the keys and values of a file.

    Raises
    ------
    SpecError
        When it is missing, not YAML, or no mapping at its top level.
    """
    return mapping_in(text_of(file), file)


def text_of(file: Path) -> str:
    """Return a file as it is written.

    Raises
    ------
    SpecError
        When it is missing, or is no text.
    """
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecError(
            file, (Problem("file", "is missing.", "Write it; docs/spec.md lists its keys."),)
        ) from None
    except UnicodeDecodeError as error:
        raise _not_yaml(file, error) from None


def mapping_in(text: str, file: Path) -> dict[str, Any]:
    """Return the keys and values that a text holds, as `read_yaml` does; errors name `file`."""
    try:
        content = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise _not_yaml(file, error) from None
    if not isinstance(content, dict):
        wrong, cure = "holds no keys.", "Write `key: value` lines at its top level."
        raise SpecError(file, (Problem("file", wrong, cure),))
    return content


def _not_yaml(file: Path, error: Exception) -> SpecError:
    where = " ".join(str(error).split())
    return SpecError(file, (Problem("file", f"is not YAML: {where}.", "Mend that line."),))
