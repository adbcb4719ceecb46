"""Airflow's FAB auth manager, for which a question's people are user names as everywhere else in Airlock."""

from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager
from airflow.providers.fab.auth_manager.models import User


class AirlockFabAuthManager(FabAuthManager):
    """FAB knows a user by a number of its database; a Dag, which names approvers, cannot know that number."""

    def is_authorized_hitl_task(self, *, assigned_users: set[str], user: User) -> bool:
        """Say whether somebody is one of those who may answer a question."""
        return user.get_name() in assigned_users
