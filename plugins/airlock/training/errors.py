"""What training may refuse."""


class SplitError(Exception):
    """The rows cannot be split as the spec asks."""


class RefitError(Exception):
    """The champion's configuration cannot be fitted again."""


class ExternalError(Exception):
    """A version that was registered in MLflow by hand cannot be taken in."""
