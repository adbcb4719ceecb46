"""What is said when a model was drafted: what to look at, what to answer, and what comes then."""

import os
from collections.abc import Sequence
from pathlib import Path

from airlock.onboarding.draft import Draft
from airlock.spec.columns import Role
from airlock.spec.errors import Problem

SHOWN = 12


def told(
    draft: Draft, unreadable: Sequence[str], questions: Sequence[tuple[Path, Problem]], include: Path
) -> str:
    """Return the text for the person who asked for the model."""
    folder = relative(include / "models" / draft.name)
    by_role = {
        role: [guess.look.name for guess in draft.guesses if guess.role is role]
        for role in (Role.FEATURE, Role.PROTECTED, Role.IGNORED)
    }
    lines = [
        f"{folder} is drafted from {draft.called}: {draft.looked_at}, {draft.aim.task} on {draft.aim_at}.",
        "",
        "Look at these guesses; the spec says beside each why:",
        f"  risk tier   {draft.tier}",
        *([f"  yes is      {draft.yes}"] if draft.aim.positive is not None else []),
        f"  entity key  {draft.key}",
        f"  event time  {draft.time or 'none'}",
        *(f"  {role.value:<11} {_named(names)}" for role, names in by_role.items() if names),
        *([f"  unreadable  {_named(list(unreadable))}"] if unreadable else []),
        "",
        f"{len(questions)} questions only a person can answer, each where its TODO stands:",
    ]
    file = None
    for asked_in, problem in questions:
        if asked_in != file:
            file = asked_in
            lines.append(f"  {relative(file)}")
        lines.append(f"    {problem.key}: {problem.cure}")
    lines += [
        "",
        "Answer them, then: make check-models. When it finds nothing, "
        f"{draft.name}.train is in Airflow half a minute later.",
    ]
    return "\n".join(lines)


def relative(path: Path) -> str:
    """Return a path as it is reached from here."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
