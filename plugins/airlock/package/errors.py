"""What can be wrong with a package."""


class PackageError(Exception):
    """A package cannot be made or used; nothing is used in its place."""
