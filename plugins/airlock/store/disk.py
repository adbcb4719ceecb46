"""The disk: what is forced there, so that no loss of power takes back what a record says is kept."""

import os
from pathlib import Path


def force(path: Path) -> None:
    """Wait until a file's content, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def force_all(folder: Path) -> None:
    """Wait until a folder is on the disk with every file and folder below it."""
    for path in folder.rglob("*"):
        if (path.is_file() or path.is_dir()) and not path.is_symlink():
            force(path)
    force(folder)


def make(folder: Path) -> None:
    """Make a folder and those above it, each on the disk; nothing where it is there."""
    if not folder.is_dir():
        make(folder.parent)
        folder.mkdir(exist_ok=True)
        force(folder.parent)
