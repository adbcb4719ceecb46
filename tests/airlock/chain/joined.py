"""An engine whose connections are a test's own, so that the test's transaction can be rolled back."""

from typing import Any

from sqlalchemy.engine import Connection


class Joined:
    """Stands for an engine where something only reads."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn

    def connect(self) -> Any:
        return self

    def __enter__(self) -> Connection:
        return self.conn

    def __exit__(self, *_: object) -> None:
        pass
