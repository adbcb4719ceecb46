"""Saying an alert by Airflow's notifiers, as a model's spec names them under alerts.notify."""

from typing import TYPE_CHECKING

from airflow.sdk import BaseNotifier, Context, timezone

from airlock.digests import digest_of
from airlock.operators.base import database
from airlock.settings import settings
from airlock.spec import ModelSpec, SpecError
from airlock.spec.errors import Problem
from airlock.spec.governance import Notifier
from airlock.spec.load import SPEC_FILE
from airlock.usercode import UserCodeError, resolve

if TYPE_CHECKING:
    from airlock.mail.render import Mail


class NotNotified(Exception):
    """A notifier did not take an alert; what was said by mail and by the others stays said."""


def check_notifiers(spec: ModelSpec) -> None:
    """Look whether each notifier of a spec can be made.

    Raises
    ------
    SpecError
        With every one that cannot.
    """
    problems = []
    for number, entry in enumerate(spec.alerts.notify):
        try:
            _made(entry)
        except UserCodeError as error:
            wrong, _, cure = str(error).partition(". ")
            problems.append(Problem(f"alerts.notify.{number}", f"{wrong}.", cure))
    if problems:
        raise SpecError(settings().models / spec.name / SPEC_FILE, tuple(problems))


def notify_once(key: str, spec: ModelSpec, mail: "Mail", context: Context) -> None:
    """Say a mail by each notifier of a spec, unless it has been said there under this key.

    Raises
    ------
    NotNotified
        When one does not take it, after all were tried; the next attempt tells only those again.
    """
    from airlock.governance import notices

    silent = []
    for entry in spec.alerts.notify:
        try:
            notices.send_once(
                database(),
                key=f"{key}/{digest_of(entry.model_dump(mode='json'))[:12]}",
                recipients=[entry.notifier],
                subject=mail.subject,
                send=lambda entry=entry: _made(entry)({**context, "mail": mail}),  # type: ignore[misc]
                at=timezone.utcnow(),
            )
        except Exception as error:
            silent.append(f"{entry.notifier}: {error or type(error).__name__}.")
    if silent:
        raise NotNotified(
            f"The mail about {spec.name} went out, and this notifier of alerts.notify did not take it: "
            f"{' '.join(silent)} Mend its connection or its arguments; another attempt tells only it."
        )


def _made(entry: Notifier) -> BaseNotifier:
    """Make a notifier with its arguments, as Airflow's own callbacks would be given it.

    Raises
    ------
    UserCodeError
        When there is none at that path, it cannot be called from a task, or it does not take the arguments.
    """
    found = resolve(entry.notifier, settings().models)
    if not (isinstance(found, type) and issubclass(found, BaseNotifier)):
        raise UserCodeError(
            f"{entry.notifier!r} is no notifier. Name a class made from airflow.sdk.BaseNotifier."
        )
    if getattr(found, "notify", None) is BaseNotifier.notify:
        raise UserCodeError(f"{entry.notifier!r} cannot be called from a task. Name one that has notify().")
    try:
        return found(**entry.model_dump()["arguments"])
    except Exception as error:
        raise UserCodeError(
            f"{entry.notifier!r} does not take these arguments: {error}. Correct alerts.notify.arguments."
        ) from error
