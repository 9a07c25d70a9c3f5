"""What the page of the example application says to type, typed: examples/app/README.md.

The addresses of the page are replaced: the port is a free one, and nobody listens where events are sent to.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import databases
import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
PATIENCE = int(os.environ.get("S2T_PATIENCE", "180"))
ROLES = ["speech_app", "speech_jobs", "speech_worker", "speech_events"]
LECTURE = ROOT / "demo/transcript.faster-whisper.json"


def typed(heading):
    """The commands below a heading of the page, a line each."""
    text = (ROOT / "examples/app/README.md").read_text(encoding="utf-8")
    section = re.search(rf"^#+ {heading}$(.*?)^#", text, re.S | re.M)[1]
    return [line for block in re.findall(r"^```sh\n(.*?)^```$", section, re.S | re.M) for line in block.splitlines()]


class Shell:
    """A person's terminals, in the folder of the application."""

    def __init__(self, folder, environment):
        self.folder, self.environment, self.others = folder, environment, []

    def run(self, line, expected=0):
        done = subprocess.run(["bash", "-c", line], cwd=self.folder, env=self.environment, text=True, capture_output=True, check=False)
        assert done.returncode == expected, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def begin(self, line):
        """In a terminal of its own."""
        log = open(self.folder / f"terminal-{len(self.others)}.log", "w+", encoding="utf-8")
        self.others.append((line, log, subprocess.Popen(
            ["bash", "-c", f"exec {line}"], cwd=self.folder, env=self.environment, stdout=log, stderr=subprocess.STDOUT)))

    def going_on(self):
        for line, log, process in self.others:
            if process.poll() is not None:
                log.seek(0)
                raise AssertionError(f"{line} has ended:\n{log.read()}")
        return True

    def end(self):
        for _, log, process in self.others:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()
        self.others = []


def comes_true(what, shell):
    until = time.monotonic() + PATIENCE
    while shell.going_on() and not (result := what()):
        assert time.monotonic() < until, "it does not come true"
        time.sleep(0.2)
    return result


@pytest.fixture
def shell(tmp_path):
    """As the page has it: a server with s2t, and nothing of the service."""
    def remove():
        databases.drop_database("speech")
        with databases.connect() as server:
            for role in ROLES:
                server.execute(f"DROP ROLE IF EXISTS {role}")

    remove()
    folder = tmp_path / "app"
    shutil.copytree(ROOT / "examples/app", folder)
    shutil.copy(LECTURE, folder / "whisper.json")
    shell = Shell(folder, {**os.environ, "S2T_LECTURE": str(LECTURE), "PYTHONUNBUFFERED": "1"})
    yield shell
    shell.end()
    remove()


def test_all_of_it_is_typed(shell):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    install, *commands = typed("Running it")
    assert install == "sudo apt-get install $(cat packages)"  # as test/run does
    for line in commands:
        if "uvicorn" in line:
            shell.begin(f"{line} --port {port}")
        elif "service.claims" in line:
            shell.begin(line)
        else:
            shell.run(line)
    # docs describes the rest
    comes_true(lambda: subprocess.run(["curl", "-sf", f"http://127.0.0.1:{port}/docs"], capture_output=True, check=False).returncode == 0, shell)

    answer = None
    for line in typed("A session"):
        line = line.replace("localhost:8000", f"127.0.0.1:{port}").replace("curl", "curl -sS --fail-with-body", 1)
        if line == "TOKEN=…":
            shell.environment["TOKEN"] = answer["token"]
            continue
        if "/recordings" in line and "…" not in line or line.endswith("/live"):
            answer = recording = json.loads(shell.run(line))
            continue
        line = line.replace("…", recording["id"] if "recordings/" in line else "")
        if "transcript.srt" in line:
            # Once the worker has come by.
            comes_true(lambda line=line: "-->" in subprocess.run(
                ["bash", "-c", line], env=shell.environment, text=True, capture_output=True, check=False).stdout, shell)
        elif "captions" in line:
            # A stream; it goes on for as long as the recording, and curl is not to.
            assert "data:" in shell.run(line.replace("curl", "curl --max-time 8", 1), expected=28)
        else:
            answer = json.loads(shell.run(line))
    shell.going_on()

    with databases.connect("speech") as db:
        assert db.execute("SELECT status, count(*) FROM recordings GROUP BY 1 ORDER BY 1").fetchall() == [("done", 1), ("processing", 1)]

        # Events, to where nobody listens.
        secret, consume, dead, revive = typed("Webhooks")
        secret = secret.replace("https://example.com/hook", f"http://127.0.0.1:{port + 1 if port < 65535 else 1}/hook")
        shell.environment.update(re.findall(r"^(S2T_\w+)=(.*)$", shell.run(f"{secret}; env"), re.M))
        shell.begin(consume)
        comes_true(lambda: db.execute("SELECT count(*) FROM event_consumers").fetchone()[0], shell)
        db.execute("SELECT s2t_register_user('mai@example.com', 'mai', 'hash', 'Mai', 'FREE')")
        comes_true(lambda: db.execute("SELECT count(*) FROM events WHERE attempt > 0").fetchone()[0], shell)
        shell.end()
        shell.run(dead)
        shell.run(revive)
