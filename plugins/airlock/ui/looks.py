"""Looks: who was shown what is personal, in the API server's log, which may write no records."""

import logging
from typing import Annotated

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends

LOG = logging.getLogger(__name__)


def _name(user: GetUserDep) -> str:
    return str(user.get_name())


#: The name of whoever asks, as Airflow's login has it.
Person = Annotated[str, Depends(_name)]


def log_look(person: str, what: str) -> None:
    """Say in the log that somebody looked at something, on one line whatever either is called."""
    LOG.info("%s", f"{person} looked at {what}".encode("unicode_escape").decode())
