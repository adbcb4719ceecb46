"""What the dossier may refuse."""


class DossierError(Exception):
    """A dossier is not what was shown to the people who decided about it."""
