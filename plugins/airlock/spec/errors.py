"""What is wrong with a file that a person wrote, and how to mend it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing wrong: the key it stands at, what is wrong, what to write instead."""

    key: str
    wrong: str
    cure: str

    def __str__(self) -> str:
        return f"{self.key}: {self.wrong} {self.cure}".strip()


class SpecError(Exception):
    """A file in include/ cannot be used; carries every problem found in it."""

    def __init__(self, file: Path, problems: tuple[Problem, ...]) -> None:
        self.file = file
        self.problems = problems
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))

    def __reduce__(self) -> tuple[type["SpecError"], tuple[Path, tuple[Problem, ...]]]:
        return SpecError, (self.file, self.problems)
