"""A scripted server and client for the tests of `etude run`, in the place of the real ones.

    fake_programs.py serve [options of etude serve]    prints the ready line, answers GET /stats
    fake_programs.py load URL [options of etude load]  writes the events, prints one JSON result

The client connects to nothing. FAKE_SERVE and FAKE_LOAD choose how each misbehaves: "crash" (the
server before it is ready), "die" (while the client measures), "deaf" (ignores SIGTERM),
"nonstationary", "hang", "garbage", "vanish" (the client, once connected); "grow": the client does
connect, and a child of the server then takes 64 MiB. FAKE_SPEED, "round=0.9 square=1.1", makes a
server of that scheduler answer so many times the requests of another, give or take 0.2 %. FAKE_PIDS
names a directory in which each leaves its process id, FAKE_WORDS a file to which each adds a line
with its options.
"""

import json
import os
import random
import signal
import socket
import sys
from pathlib import Path
from urllib.request import urlopen


def leave_words(words: list[str]) -> None:
    """Lets a test see with which options a program was started: one line for each start."""
    if path := os.environ.get("FAKE_WORDS"):
        with open(path, "a", encoding="utf-8") as file:
            print(" ".join(words), file=file)


def leave_pid() -> None:
    """Lets a test check that nobody outlives the harness."""
    if directory := os.environ.get("FAKE_PIDS"):
        (Path(directory) / str(os.getpid())).touch()


def option(words: list[str], name: str, default: str = "") -> str:
    return words[words.index(name) + 1] if name in words else default


def grow() -> None:
    """Returns when a child, which lives on, has written to 64 MiB of its own."""
    done, written = os.pipe()
    if os.fork() == 0:
        kept = b"x" * (64 << 20)
        os.write(written, kept[:1])
        signal.pause()
    os.read(done, 1)


def serve(words: list[str]) -> None:
    manner = os.environ.get("FAKE_SERVE", "")
    if manner == "crash":
        sys.exit("fake server: no such luck")
    if manner == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    print(f"etude: http://127.0.0.1:{port} · scheduler {option(words, '--scheduler')}", flush=True)
    answered = 0
    while True:
        peer, _ = listener.accept()
        peer.recv(4096)
        if manner == "die":
            sys.exit("fake server: struck by lightning")
        if manner == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if manner == "grow" and answered == 1:  # the first request is the harness's own
            grow()
        answered += 1
        # Of 64 connections all but one are closed before the second reading.
        worker = {"worker": 0, "core": 0, "steal_successes": 10 * answered, "depth_max": 4,
                  "accepted": 64, "connections": 64 if answered == 1 else 1}
        body = json.dumps({"sched_delay_ns": {"p50": 100, "p99": 900}, "workers": [worker],
                           "scheduler": option(words, "--scheduler")})
        peer.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        peer.close()


def result(words: list[str], status: str) -> dict:
    """The same numbers for the same arguments, so that two runs give one table."""
    seed, connections = int(option(words, "--seed")), int(option(words, "-c"))
    latency = {"mean": 1000.5, "p50": 900, "p90": 1500, "p99": 2000, "p999": 3000, "max": 4000}
    return {"duration_s": 0.1, "requests": 1000 + seed % 97 + connections, "status": status,
            "throughput_rps": 10.25 * connections, "lat_req_ns": latency, "lat_batch_ns": None,
            "client_cpu": {"user_s": 0.25, "sys_s": 0.5, "busiest_thread": 0.75},
            "errors": {"connect": 0, "read": 0}, "reasons": [],
            "windows": [{"start_ns": 0, "length_ns": 100000000, "requests": 7}]}


def speed_of(scheduler: str, seed: str) -> float:
    """How many times the requests of another server it answers in the round of that seed."""
    speeds = dict(pair.split("=") for pair in os.environ["FAKE_SPEED"].split())
    return float(speeds.get(scheduler, 1)) * random.Random(scheduler + seed).gauss(1, 0.002)


def load(words: list[str]) -> None:
    manner = os.environ.get("FAKE_LOAD", "")
    events = os.fdopen(int(option(words, "--events")), "w", buffering=1)
    if os.environ.get("FAKE_SERVE") == "grow":
        urlopen(words[0]).close()
    print("connected", file=events)
    if manner == "vanish":
        sys.exit("fake client: called away")
    if begin := option(words, "--start-fd"):
        with os.fdopen(int(begin)) as told:
            int(told.readline())  # the moment; a scripted client begins at once
    for event in ("warm", "measure"):
        print(event, file=events)
    if manner == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if manner == "hang" or os.environ.get("FAKE_SERVE") in ("die", "killed"):
        signal.pause()
    print("measured", file=events)
    print("metric,lower_ns,upper_ns,count\nlat_req_ns,1,2,3")
    status = "nonstationary" if manner == "nonstationary" else "ok"
    answer = result(words, status)
    if "FAKE_SPEED" in os.environ:
        with urlopen(words[0]) as response:
            scheduler = json.load(response)["scheduler"]
        answer["throughput_rps"] *= speed_of(scheduler, option(words, "--seed"))
    print("no JSON" if manner == "garbage" else json.dumps(answer))
    print("done", file=events)


if __name__ == "__main__":
    leave_pid()
    leave_words(sys.argv[1:])
    {"serve": serve, "load": load}[sys.argv[1]](sys.argv[2:])
