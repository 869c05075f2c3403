"""A running `etude serve`, for tests: on a port of the kernel's choice, stopped by its pid."""

import json
import os
import re
import signal
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ETUDE_BUILD_DIR", ROOT / "build")).resolve()
LIMIT_S = 60
# A sanitizer build has no etude: its command line takes longest to compile. The raw request cases
# speak to the same server without one there, which lists its schedulers when it is given none.
ETUDE = BUILD / "etude"
CASE_SERVER = BUILD / "tests" / "case_server"
SCHEDULERS = [row["name"] for row in json.loads(subprocess.run(
    [ETUDE, "schedulers", "--json"] if ETUDE.exists() else [CASE_SERVER], capture_output=True,
    text=True, check=True, timeout=LIMIT_S).stdout)["schedulers"]]


class Server:
    """What a test needs of a server: its process, its ready line, its port, its answers."""

    def __init__(self, process):
        self.process = process
        self.ready_line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.ready_line)
        assert found, f"no ready line: {self.ready_line!r} {process.stderr.read()!r}"
        self.port = int(found.group(1))
        self.url = found.group(0)

    def get(self, path):
        with urlopen(self.url + path, timeout=LIMIT_S) as answer:
            return answer.read().decode()

    def stats(self):
        return json.loads(self.get("/stats"))

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT_S)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def end(self, number=signal.SIGTERM):
        """Sends the signal and returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=LIMIT_S)


@contextmanager
def serve(*options, scheduler="fifo", **more):
    """A server that is still serving at the end of the block, unless the block has ended it."""
    command = [BUILD / "etude", "serve", "--port", "0", "--cores", "0"]
    if scheduler:
        command += ["--scheduler", scheduler]
    with server_of([*command, *options], **more) as server:
        yield server


@contextmanager
def server_of(command, **more):
    """The server that `command` starts and that prints a ready line as `etude serve` does."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               **more)
    try:
        yield Server(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=LIMIT_S)


def serve_refuses(*options, **more):
    """The one line that a server says which does not start; it must exit with 2."""
    ran = subprocess.run([BUILD / "etude", "serve", *options], capture_output=True, text=True,
                         timeout=LIMIT_S, check=False, **more)
    assert ran.returncode == 2, f"exit {ran.returncode}: {ran.stdout}{ran.stderr}"
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1, ran.stderr
    return ran.stderr


def receive(client, until=b"", timeout_s=LIMIT_S):
    """Bytes from `client` until they end with `until`, or, without it, until the peer closes."""
    client.settimeout(timeout_s)
    got = b""
    while not until or not got.endswith(until):
        more = client.recv(65_536)
        if not more:
            break
        got += more
    return got
