"""The local AWS: ministack, run as a process of Standing on loopback.

It stops only processes that it started. It knows nothing of what is deployed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from standing.local.project import tool
from standing.local.sam import last_lines
from standing.values.errors import UserError

PORT = 4566
REGION = "us-east-1"
LOOPBACK = "127.0.0.1,localhost"
STARTING, STOPPING = 60.0, 3.0  # seconds; ministack stores nothing, so it may stop quickly


@dataclass(frozen=True)
class RunningAws:
    """A running local AWS: its process and its port."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        """The URL of its API."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class LocalAws:
    """A local AWS. `folder` has its process id, its log and its scratch files."""

    folder: Path

    def running(self) -> RunningAws | None:
        """The running local AWS, or None. The process id may belong to another program by now; that one is not ours."""
        try:
            noted = json.loads((self.folder / "running.json").read_text())
            running = RunningAws(int(noted["pid"]), int(noted["port"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return running if str(EMULATOR) in _command_of(running.pid) else None

    def start(self) -> RunningAws:
        """Start an empty local AWS on the usual port, or on a free one if that is taken."""
        self.stop()
        scratch = self.folder / "scratch"
        scratch.mkdir(parents=True)
        port = _free_port()
        with (self.folder / "local-aws.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 -- a fixed program
                [tool("ministack", "python"), EMULATOR],
                env=_emulator_environment(port, scratch),
                cwd=scratch,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running = RunningAws(process.pid, port)
        (self.folder / "running.json").write_text(json.dumps({"pid": running.pid, "port": running.port}))
        self._await_answer(running, process)
        process.returncode = 0  # it outlives this command on purpose, and Popen would warn
        return running

    def stop(self) -> bool:
        """Stop the process and remove its scratch files. Returns whether a process was running."""
        running = self.running()
        if running:
            _stop_group(running.pid)
        shutil.rmtree(self.folder / "scratch", ignore_errors=True)  # the log stays: it may have the cause of a crash
        (self.folder / "running.json").unlink(missing_ok=True)
        return running is not None

    def _await_answer(self, running: RunningAws, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + STARTING
        while time.monotonic() < deadline and process.poll() is None:
            if _answers(running) and process.poll() is None:  # another program may answer on the same port
                return
            time.sleep(0.1)
        log = (self.folder / "local-aws.log").read_text(errors="replace")
        raise UserError("the local AWS did not start:\n{why}", why=last_lines(log))


DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # without a proxy, which cannot reach loopback
EMULATOR = Path(__file__).with_name("emulator.py")


def aws_environment(running: RunningAws) -> dict[str, str]:
    """The environment variables that point boto3 and sam at the local AWS, and at nothing else."""
    return {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
    }


def other_environment() -> dict[str, str]:
    """This process's environment without variables that point at another AWS, such as a profile or an endpoint."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHONPATH"))}


def point_at(running: RunningAws) -> None:
    """Point this process at the local AWS only."""
    environment = {**other_environment(), **aws_environment(running)}
    os.environ.clear()
    os.environ.update(environment)


def _emulator_environment(port: int, scratch: Path) -> dict[str, str]:
    return {
        **other_environment(),
        "AUTH": "true",  # enforces the functions' roles
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",  # mTLS would listen on every interface
        "MINISTACK_REGION": REGION,
        "STATE_DIR": str(scratch / "state"),
        "TMPDIR": str(scratch),
    }


def _free_port() -> int:
    for port in (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            free: int = probe.getsockname()[1]
            return free
    raise UserError("no free port on this machine")


def _answers(running: RunningAws) -> bool:
    try:
        with DIRECT.open(f"{running.endpoint}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _command_of(pid: int) -> str:
    """The command line of a process, or "" if there is none; from /proc, or from ps on systems without /proc."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 -- a fixed command


def _stop_group(pid: int) -> None:
    os.killpg(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOPPING
    while time.monotonic() < deadline and str(EMULATOR) in _command_of(pid):
        time.sleep(0.1)
    try:
        os.killpg(pid, signal.SIGKILL)  # workers that are still running
    except ProcessLookupError:
        return
