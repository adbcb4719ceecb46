"""A database as one of the roles that the stack gives to its processes; tests themselves own the tables."""

from sqlalchemy import make_url


def as_role(role: str, url: str) -> str:
    """Return a URL by which the role reaches the same database."""
    return make_url(url).set(username=role).render_as_string(hide_password=False)
