import os
import signal
import socket
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from stack import supervisor
from stack.client import AirflowError
from stack.settings import HOST
from stack.users import USERS
from stack.waiting import wait_until
from tests.e2e.running_stack import CommandFailed, RunningStack, new_settings
from tests.stack.ports import free_ports


@pytest.mark.parametrize("user", [user.name for user in USERS])
def test_every_user_logs_in(stack: RunningStack, user: str) -> None:
    assert stack.client(user).call("GET", "/dags")["total_entries"] >= 0


def test_the_auditor_may_look_and_not_touch(stack: RunningStack) -> None:
    auditor = stack.client("ada")
    dag_ids = wait_until(auditor.dag_ids, what="the first Dag", timeout=60)
    with pytest.raises(AirflowError, match="403"):
        auditor.trigger(dag_ids[0])


def test_a_wrong_password_is_refused(stack: RunningStack) -> None:
    with pytest.raises(AirflowError, match="401"):
        type(stack.client("ria"))(stack.settings.airflow_url, "ria", "guess")


def test_up_a_second_time_changes_nothing(stack: RunningStack) -> None:
    before = stack.process_id("airflow-scheduler")
    assert "The stack runs already." in stack.up()
    assert stack.process_id("airflow-scheduler") == before


def test_status_says_where_to_go_and_how_to_log_in(stack: RunningStack) -> None:
    said = stack.command("status")
    assert stack.settings.airflow_url in said
    assert stack.password("omar") in said


def test_nobody_else_may_read_the_home(stack: RunningStack) -> None:
    open_to_others = [path for path in stack.settings.home.glob("*.json") if path.stat().st_mode & 0o077]
    assert stack.settings.home.stat().st_mode & 0o077 == 0
    assert not open_to_others


def test_a_role_reaches_its_own_database_only(stack: RunningStack) -> None:
    url = sa.make_url(stack.database_url("warehouse")).set(database="airlock")
    with pytest.raises(sa.exc.OperationalError, match="permission denied"):
        sa.create_engine(url, poolclass=sa.NullPool).connect()


def test_data_survive_down_and_up(stack: RunningStack) -> None:
    warehouse = sa.create_engine(stack.database_url("warehouse"), poolclass=sa.NullPool)
    with warehouse.begin() as connection:
        connection.execute(sa.text("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer"))
    password = stack.password("dana")
    members = supervisor.members(stack.settings)

    stack.down()
    assert not [process for process in members if process.is_running()]
    assert "does not run" in stack.down()

    stack.up()
    assert stack.password("dana") == password
    with warehouse.begin() as connection:
        assert connection.execute(sa.text("SELECT answer FROM kept")).scalar() == 42
        connection.execute(sa.text("DROP TABLE kept"))


def test_a_killed_supervisor_leaves_a_stack_that_comes_up_again(stack: RunningStack) -> None:
    orphans = {process.pid for process in supervisor.members(stack.settings)}
    os.kill(stack.process_id("stack"), signal.SIGKILL)
    with pytest.raises(CommandFailed, match="what watches over them does not"):
        stack.command("status")
    assert "runs only in part" in stack.up()
    assert not {pid for pid in orphans if psutil.pid_exists(pid)}
    stack.command("status")


def test_one_dead_process_ends_them_all_and_up_brings_them_back(stack: RunningStack) -> None:
    os.kill(stack.process_id("mail"), signal.SIGKILL)
    wait_until(
        lambda: not supervisor.members(stack.settings), what="the others to end", timeout=60, every=0.2
    )
    assert supervisor.first_ended(stack.settings) == "mail"
    stack.up()
    stack.command("status")


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    ports = free_ports(4)
    other = RunningStack(new_settings(tmp_path, tmp_path / "include", ports))
    with socket.create_server((HOST, ports[2])), pytest.raises(CommandFailed) as refusal:
        other.up()
    cure = "end what listens there, or set AIRLOCK_SCORING_PORT to a free port in .env."
    assert str(refusal.value).strip() == f"Port {ports[2]} is taken: {cure}"
    assert "does not run" in other.down()
