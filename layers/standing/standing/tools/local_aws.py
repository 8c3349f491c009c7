"""The local AWS: ministack as a process of ours on loopback, and the template deployed on it.

It stops only what it started. Knows nothing of events.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from standing.rulebook.building import build_ruleset
from standing.tools.project import UserError, tool

PORT = 4566
REGION = "us-east-1"
STARTING, STOPPING = 60.0, 3.0  # seconds; nothing in it is kept, so it need not say goodbye for long


@dataclass(frozen=True)
class Running:
    """A local AWS that was started: its process and its port."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        """Where its API is."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class LocalAws:
    """One local AWS of a clone; `folder` keeps its process id, its log and its scratch files."""

    root: Path
    folder: Path

    def running(self) -> Running | None:
        """The running process, or none. A process id that now belongs to something else is not ours."""
        try:
            noted = json.loads((self.folder / "running.json").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return Running(**noted) if str(EMULATOR) in _command_of(noted["pid"]) else None

    def start(self) -> Running:
        """Start it afresh, with nothing in it, on the usual port or else a free one."""
        self.stop()
        scratch = self.folder / "scratch"
        scratch.mkdir(parents=True)
        port = _free_port()
        with (self.folder / "local-aws.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 -- our own program
                [tool(self.root, "ministack", "python"), EMULATOR],
                env=_emulator_environment(port, scratch),
                cwd=scratch,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running = Running(process.pid, port)
        (self.folder / "running.json").write_text(json.dumps({"pid": running.pid, "port": running.port}))
        self._await_answer(running, process)
        process.returncode = 0  # it outlives this command on purpose; Popen would warn
        return running

    def stop(self) -> bool:
        """Stop what was started and remove its scratch files; whether there was anything to stop."""
        running = self.running()
        if running:
            _stop_group(running.pid)
        shutil.rmtree(self.folder, ignore_errors=True)
        return running is not None

    def deploy(self, say: Callable[[str], None]) -> None:
        """Check and compile the rules, build the template and deploy it, unchanged."""
        running = self.running()
        if not running:
            raise UserError("the local AWS is not running: `standing local up` starts it")
        say("checking and compiling the rules")
        build_ruleset(self.root / "rules", self.root / "layers" / "ruleset")
        say("building the functions and layers (sam build)")
        self._sam(running, "build")
        say("deploying template.yaml (sam deploy)")
        self._sam(running, "deploy", "--no-progressbar")

    def _sam(self, running: Running, *arguments: str) -> None:
        command = [str(tool(self.root, "sam", "sam")), *arguments]
        environment = {
            **_environment(),
            **aws_environment(running),
            "SAM_CLI_TELEMETRY": "0",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        done = subprocess.run(  # noqa: S603 -- our own program
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )
        (self.folder / f"sam-{arguments[0]}.log").write_text(done.stdout + done.stderr)
        if done.returncode:
            raise UserError(f"sam {arguments[0]} failed:\n{_last_lines(done.stdout + done.stderr)}")

    def _await_answer(self, running: Running, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + STARTING
        while time.monotonic() < deadline and process.poll() is None:
            if _answers(running):
                return
            time.sleep(0.1)
        log = (self.folder / "local-aws.log").read_text(errors="replace")
        raise UserError(f"the local AWS did not start:\n{_last_lines(log)}")


EMULATOR = Path(__file__).with_name("emulator.py")


def aws_environment(running: Running) -> dict[str, str]:
    """The variables by which boto3 and sam find the local AWS and nothing else."""
    return {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHONPATH"))}


def _emulator_environment(port: int, scratch: Path) -> dict[str, str]:
    return {
        **_environment(),
        "AUTH": "true",  # it enforces the functions' roles
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",  # it would listen on every interface
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
            found: int = probe.getsockname()[1]
            return found
    raise UserError("no free port on this machine")


def _answers(running: Running) -> bool:
    try:
        with urllib.request.urlopen(f"{running.endpoint}/_ministack/health", timeout=2) as answer:  # noqa: S310 -- loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _command_of(pid: int) -> str:
    command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- a fixed command
    return listed.stdout


def _stop_group(pid: int) -> None:
    os.killpg(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOPPING
    while time.monotonic() < deadline and str(EMULATOR) in _command_of(pid):
        time.sleep(0.1)
    try:
        os.killpg(pid, signal.SIGKILL)  # workers that outlived it
    except ProcessLookupError:
        return


def _last_lines(text: str, count: int = 25) -> str:
    return "\n".join(text.strip().splitlines()[-count:])
