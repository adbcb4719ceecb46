"""What training may refuse."""


class SplitError(Exception):
    """The rows cannot be split as the spec asks."""


class RefitError(Exception):
    """The champion's configuration cannot be fitted again."""


class ExternalError(Exception):
    """A version that was registered in MLflow by hand cannot be taken in."""


class DaskError(Exception):
    """The Dask cluster that the installation names does not do the work; trying again may mend it."""
