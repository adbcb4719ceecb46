"""Many models: copies of the project's own under new names, each as it could stand in include/models."""

import shutil
from pathlib import Path

from stack.settings import ROOT

ORIGINALS = ("credit_risk", "tumour_diagnosis")


def write_include(folder: Path, models: int) -> tuple[str, ...]:
    """Write an include folder with so many models, and return their names."""
    own = ROOT / "include"
    shutil.copytree(own, folder, ignore=lambda place, _: ORIGINALS if Path(place).name == "models" else ())
    names = tuple(f"{ORIGINALS[number % len(ORIGINALS)]}_{number:04}" for number in range(models))
    for number, name in enumerate(names):
        shutil.copytree(own / "models" / ORIGINALS[number % len(ORIGINALS)], folder / "models" / name)
    return names
