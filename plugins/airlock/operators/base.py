"""ModelOperator: what every task of a model has in common."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, BaseOperator

from airlock.settings import settings
from airlock.spec import ModelSpec, load_model
from airlock.store import Store

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

AIRLOCK_CONNECTION = "airlock"


def connect(connection_id: str) -> "Engine":
    """Return a SQLAlchemy engine for an Airflow connection, which keeps nothing open between its uses."""
    from sqlalchemy.pool import NullPool

    hook = BaseHook.get_connection(connection_id).get_hook()
    return hook.get_sqlalchemy_engine(engine_kwargs={"poolclass": NullPool})


def database() -> "Engine":
    """Return an engine for the airlock database, which keeps nothing open between its uses.

    Not the hook's own: where psycopg 3 is installed beside it, the hook prefers that, and COPY differs.
    """
    from sqlalchemy.engine import URL

    from airlock.governance.engine import connect

    known = BaseHook.get_connection(AIRLOCK_CONNECTION)
    url = URL.create(
        "postgresql+psycopg2",
        username=known.login,
        password=known.password,
        database=known.schema,
        query={"host": known.host, "port": str(known.port or 5432)},  # so that a socket's folder will do too
    )
    return connect(url.render_as_string(hide_password=False), pooled=False)


class ModelOperator(BaseOperator):
    """
    A task of one model.

    :param model: the model's name: the folder below include/models.
    :param spec_digest: the digest of its spec and policy; kept with the Dag, so that editing them makes a
        new Dag version.
    """

    template_fields: Sequence[str] = ("model", "spec_digest")

    def __init__(self, *, model: str, spec_digest: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.spec_digest = spec_digest

    @cached_property
    def spec(self) -> ModelSpec:
        """The model's spec as it is now."""
        return load_model(settings().include, self.model)

    @property
    def store(self) -> Store:
        """The evidence store of this installation."""
        return Store(settings().store)
