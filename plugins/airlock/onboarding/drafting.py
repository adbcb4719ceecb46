"""Drafting a model from the columns of its data and from what the organisation has written before."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from airlock.onboarding.catalogued import classified_by, entry_of
from airlock.onboarding.columns import Columns
from airlock.onboarding.draft import Draft
from airlock.onboarding.errors import OnboardingError
from airlock.onboarding.given import Given
from airlock.onboarding.looks import Look
from airlock.onboarding.people import approvers_among, owner_among
from airlock.onboarding.query import query_of
from airlock.onboarding.roles import guesses, key_among, speaks_of_people, subject_among, time_among
from airlock.onboarding.target import aim_at
from airlock.spec import load_policy
from airlock.spec.people import load_people
from airlock.spec.policy import Tier


def draft_of(name: str, given: Given, columns: Columns, target: str, include: Path) -> Draft:
    """Return what the files of a new model will say.

    Raises
    ------
    OnboardingError
        When no model can be made of the columns.
    SpecError
        When policies, people or catalogue cannot be read.
    """
    aim = aim_at(_named(columns.looks, target))
    looks = [replace(look, kind=aim.kind) if look.name == target else look for look in columns.looks]
    key = _key(given, columns, target)
    moment = time_among(looks, target, columns.medians)
    time = moment.name if moment else None
    tier = Tier.HIGH if any(map(speaks_of_people, looks)) else Tier.LIMITED
    policy, people = load_policy(include, tier), load_people(include)
    catalogue = entry_of(name, given.database, list(columns.called.values()), include)
    guessed = guesses(looks, key=key, time=time, target=target)
    found = classified_by(catalogue, guessed, [part for part in (key, time, target) if part is not None])
    return Draft(
        name=name,
        called=given.called,
        rows=columns.table.num_rows,
        guesses=found,
        key=key,
        numbered=columns.numbers is not None,
        aim=aim,
        aim_at=target,
        tier=tier,
        policy=policy,
        catalogue=catalogue,
        owner=owner_among(people),
        approvers=approvers_among(people, policy.people),
        time=time,
        zoneless=time in columns.zoneless,
        subject=subject_among(found, key),
        database=given.database,
        query=query_of(given.database, columns, time) if given.database else "",
    )


def _key(given: Given, columns: Columns, target: str) -> str:
    found = key_among(columns.looks, target)
    if found is None:
        wrong = f"{given.called} has no column that names its rows: one value a row, none missing."
        raise OnboardingError("SOURCE", wrong, "Make a view that has one, and name the view.")
    return found.name


def _named(looks: Sequence[Look], name: str) -> Look:
    return next(look for look in looks if look.name == name)
