"""Where a model's data comes from, and what every column of it is."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from airlock.object_storage import SCHEME, path_of
from airlock.spec.base import Section
from airlock.spec.columns import TAKEN_NAMES, Columns, ColumnsField, Kind, Role
from airlock.spec.durations import Duration, PositiveDuration
from airlock.spec.words import Reason


class SqlSource(Section):
    """A query on a database that Airflow has a connection to; it may use :start, :end and :as_of."""

    connection: str = Field(description="the name of an Airflow connection")
    query: str = Field(description="one SELECT that gives the columns; :start, :end and :as_of are bound")


class FileSource(Section):
    """One CSV or Parquet file at any address fsspec can open; relative paths start at the model's folder."""

    path: str = Field(
        description="a path, relative to the model's folder, or an address such as s3://bank/loans.parquet"
    )
    format: Literal["csv", "parquet"] = Field(description="what the file is, whatever its name ends in")
    separator: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1)] = Field(
        ",", description="CSV only: the one character between two values"
    )
    header: list[str] | None = Field(
        None, description="CSV only: the columns' names, where the file has no header line"
    )

    @field_validator("path")
    @classmethod
    def _leads_where_it_says(cls, path: str) -> str:
        if path.startswith(SCHEME):
            path_of(path)
        return path


class CallableSource(Section):
    """A Python function that returns a pandas DataFrame: `load(*, start, end, as_of, **arguments)`."""

    function: str = Field(
        description="its dotted path; the model's own data.py is `airlock_models.<model>.data`"
    )
    arguments: dict[str, str | int | float | bool] = Field(
        {}, description="what else it is called with, by keyword"
    )


class Source(Section):
    """Exactly one of the three kinds of source."""

    sql: SqlSource | None = Field(None, description="a query on a database")
    file: FileSource | None = Field(None, description="one CSV or Parquet file")
    callable: CallableSource | None = Field(None, description="a Python function")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        named = [kind for kind in ("sql", "file", "callable") if getattr(self, kind) is not None]
        if len(named) != 1:
            found = " and ".join(named) or "none"
            raise ValueError(
                f"a source is one of sql, file and callable, and {found} is given. Keep exactly one."
            )
        return self

    @property
    def kind(self) -> SqlSource | FileSource | CallableSource:
        """The one source that is given."""
        source = self.sql or self.file or self.callable
        assert source is not None
        return source


class Use(Section):
    """Which entry of the catalogue the data come from, and what they are used for."""

    source: str = Field(description="an entry of include/catalogue: the name of its file")
    purpose: str = Field(description="what for; one of the purposes that the entry says it may serve")


class Quarantine(Section):
    """What happens to rows that break a critical expectation about single rows (one without `mostly`)."""

    share: float = Field(
        0.0, ge=0, lt=1, description="the share of rows that may be set aside; with more the run stops"
    )


#: EU AI Act, Article 26(6): logs are kept at least six months.
LEAST_RETENTION = timedelta(days=180)

Share = Annotated[float, Field(ge=0, le=1)]


class Inspection(Section):
    """What the rows must be like to be learned from. All but `outliers` stop a training, unless accepted."""

    population: dict[str, dict[str, Share]] = Field(
        {},
        description="for a protected column its groups' shares in the population the model is for",
    )
    representation: float = Field(
        0.8,
        ge=0,
        le=1,
        description="a group's share of the rows, at least this part of its share of the population",
    )
    rarest_class: float = Field(
        0.01, ge=0, lt=1, description="the rarest class's share of the rows, at least"
    )
    label_rate_difference: float = Field(
        0.2, gt=0, le=1, description="how far a protected group's outcomes may lie from the others', at most"
    )
    duplicates: float = Field(
        0.05, ge=0, le=1, description="the share of rows that are another row again, at most"
    )
    outliers: float = Field(
        0.05, ge=0, le=1, description="the share of a column's values that lie far out of all others, at most"
    )
    accept: dict[str, Reason] = Field(
        {}, description="findings that are known and let through, by their key, each with the reason"
    )


class DataSpec(Section):
    """The data a model learns from and is watched on."""

    source: Source = Field(description="where the rows come from")
    entity_key: str = Field(description="the column that names the row's thing, one value a row")
    event_time: str | None = Field(None, description="the column that says when the row's event happened")
    subject_key: str | None = Field(None, description="the column that names the person the row is about")
    target: str = Field(description="the column to be predicted")
    positive: str | int | bool | None = Field(
        None, description="binary only: the target value that counts as yes"
    )
    outcome_delay: Duration = Field(
        "0d",
        validate_default=True,
        description="how long after its event a row's outcome is known; younger rows are not trained on",
    )
    history: PositiveDuration | None = Field(
        None, description="how far back training looks; everything where absent"
    )
    retention: PositiveDuration | None = Field(
        None,
        description="how long an answer is kept, what was said of it, and the snapshots of what is out of "
        "use; 180d or more, for ever where absent",
    )
    catalogue: Use | None = Field(
        None, description="what the organisation's catalogue says of the source; the policy may demand it"
    )
    quarantine: Quarantine = Field(Quarantine(), description="what happens to rows that break expectations")
    inspection: Inspection = Field(Inspection(), description="what the rows must be like to be learned from")
    columns: Columns = ColumnsField

    @model_validator(mode="after")
    def _keys_are_columns(self) -> Self:
        roles = {
            "target": Role.TARGET,
            "entity_key": Role.IDENTIFIER,
            "subject_key": Role.IDENTIFIER,
            "event_time": Role.EVENT_TIME,
        }
        for key, role in roles.items():
            name = getattr(self, key)
            if name is None:
                continue
            if name not in self.columns:
                raise ValueError(
                    f"{key} names the column {name!r}, which columns does not list. Add it to columns."
                )
            if self.columns[name].role is not role:
                raise ValueError(
                    f"{key} names the column {name!r}, whose role is {self.columns[name].role}. "
                    f"Write role: {role}."
                )
        return self

    @model_validator(mode="after")
    def _columns_can_be_told_apart(self) -> Self:
        for role in (Role.TARGET, Role.EVENT_TIME):
            extra = [name for name in self.with_role(role) if name not in (self.target, self.event_time)]
            if extra:
                raise ValueError(
                    f"{', '.join(extra)} has the role {role} beside the one named above. Write ignored."
                )
        if taken := [name for name in self.features if name in TAKEN_NAMES]:
            raise ValueError(
                f"{taken[0]} cannot be a feature's name: the prediction log has a column of that name. "
                f"Give it another name in the source, such as {taken[0]}_given."
            )
        if not self.features:
            raise ValueError("no column has the role feature. Give at least one column role: feature.")
        return self

    @model_validator(mode="after")
    def _population_is_of_protected_columns(self) -> Self:
        for name, shares in self.inspection.population.items():
            if name not in self.protected:
                raise ValueError(
                    f"inspection.population speaks of {name!r}, which is no column with the role protected. "
                    f"Known: {', '.join(self.protected) or 'none'}."
                )
            if not shares or abs(sum(shares.values()) - 1) > 0.01:
                raise ValueError(
                    f"inspection.population.{name} makes {sum(shares.values()):g}. Write shares that make 1."
                )
        return self

    @model_validator(mode="after")
    def _history_needs_time(self) -> Self:
        if self.event_time is None and (self.history or self.outcome_delay):
            raise ValueError("history and outcome_delay need event_time. Name the column that says when.")
        return self

    @field_validator("retention")
    @classmethod
    def _as_long_as_logs_must_be_kept(cls, kept: timedelta | None) -> timedelta | None:
        if kept is not None and kept < LEAST_RETENTION:
            raise ValueError("answers are kept 180d at least; the database deletes none before. Write more.")
        return kept

    def with_role(self, *roles: Role) -> tuple[str, ...]:
        """Return the names of the columns that have one of the roles, in the spec's order."""
        return tuple(name for name, column in self.columns.items() if column.role in roles)

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that reach the estimator, in the spec's order."""
        return tuple(
            name
            for name, column in self.columns.items()
            if column.role is Role.FEATURE or column.feature_because is not None
        )

    @property
    def protected(self) -> tuple[str, ...]:
        """The columns that say which group a person belongs to."""
        return self.with_role(Role.PROTECTED)

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are taken from the source: all but the ignored ones."""
        return tuple(name for name, column in self.columns.items() if column.role is not Role.IGNORED)

    def kind_of(self, name: str) -> Kind | None:
        """Return what values a column holds."""
        return self.columns[name].kind
