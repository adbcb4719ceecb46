"""Logins in Airflow's FAB: made, brought up to date and closed as `include/people.yaml` says."""

from typing import Any

from airlock.logins.accounts import PAGES, Account, LoginError

READ, MENU = "can_read", "menu_access"
#: What FAB's `Viewer` lacks to see what the embedded stack's `viewer` sees. Nothing here changes anything.
SEES = (
    (READ, "Plugins"),
    (READ, "Providers"),
    (READ, "Triggers"),
    (READ, "Audit Logs"),
    (MENU, "Audit Logs"),
    (MENU, "Plugins"),
    (MENU, "Providers"),
    (MENU, "HITL Detail"),
    (MENU, "XComs"),
)


def keep_logins(wanted: tuple[Account, ...]) -> list[str]:
    """Give everybody a login with exactly their roles, and close every other; say what changed.

    A password is set once, when the login is made: afterwards it is its owner's.

    Raises
    ------
    LoginError
        When Airflow refuses a login.
    """
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    said = []
    with get_application_builder() as builder:
        security = builder.sm
        security.sync_roles()
        security.bulk_sync_roles([{"role": PAGES, "perms": SEES}])
        known = {user.username: user for user in security.get_all_users()}
        for account in wanted:
            if account.user in known:
                said += _renew(security, known[account.user], account)
            else:
                _make(security, account)
                said.append(f"{account.user} may log in as {', '.join(account.airflow_roles)}.")
        for name in known.keys() - {account.user for account in wanted}:
            said += _close(security, known[name])
    return said


def _make(security: Any, account: Account) -> None:
    made = security.add_user(
        account.user,
        account.first_name,
        account.last_name,
        account.email,
        role=_roles(security, account),
        password=account.password,
    )
    if not made:
        raise LoginError(
            f"Airflow did not take the login of {account.user}. Does another one use {account.email} "
            "or the same name? Correct people.yaml, and start airflow-logins again."
        )


def _renew(security: Any, user: Any, account: Account) -> list[str]:
    roles = _roles(security, account)
    before = (user.first_name, user.last_name, user.email, user.active, {role.name for role in user.roles})
    user.first_name, user.last_name, user.email = account.first_name, account.last_name, account.email
    user.roles, user.active = roles, True
    after = (user.first_name, user.last_name, user.email, True, {role.name for role in roles})
    if before == after:
        return []
    _update(security, user)
    return [f"{account.user} is now {', '.join(account.airflow_roles)}."]


def _close(security: Any, user: Any) -> list[str]:
    if not user.active and not user.roles:
        return []
    user.active, user.roles = False, []
    _update(security, user)
    return [f"{user.username} is not in people.yaml and may log in no more."]


def _update(security: Any, user: Any) -> None:
    name = user.username
    if security.update_user(user) is False:
        raise LoginError(f"Airflow did not take the change of {name}'s login: the log above says why.")


def _roles(security: Any, account: Account) -> list[Any]:
    roles = [security.find_role(name) for name in account.airflow_roles]
    if None in roles:
        raise LoginError(
            f"Airflow has not all of {', '.join(account.airflow_roles)}: start airflow-init again."
        )
    return roles
