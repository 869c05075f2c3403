"""Drives one server with etude load, wrk and h2load in turn, and prints what each says.

    /usr/bin/python3 experiments/load/compare_clients.py [--rounds 6] [--duration 3]
        [--connections 256] [--pipeline 16] [--server-core 0] [--client-core 1] [--old ETUDE]
        [--spin-us 0]

A row per round and client: throughput, errors, the client's CPU time per request. The server is the
bare one (build/etude_ceiling), faster than any client: what is compared is what clients cost. With
--spin-us it is `etude serve`, which takes that long for each request: the server is the bottleneck,
and clients that count right agree on its throughput. Below stand the medians, and each client's
ratio to `etude load` round by round. --old adds another build of etude, to see what a change costs.
Nothing is judged here but errors: any ends the program with 1.

CPU time is that of the client's whole process, its connecting included.
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ETUDE_BUILD_DIR", ROOT / "build"))
PIPELINE_LUA = """
init = function() batch = string.rep(wrk.format(), %d) end
request = function() return batch end
"""


def run(command, core):
    """Output of `command` pinned to `core`, and the CPU seconds it used."""
    process = subprocess.Popen(["taskset", "-c", str(core), *map(str, command)],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}: {output}")
    return output, usage.ru_utime + usage.ru_stime


def etude_load(program, url, options):
    output, cpu_s = run([program, "load", url, "-c", options.connections, "-p", options.pipeline,
                         "-d", options.duration, "-w", "0", "-q", "--json", "-"],
                        options.client_core)
    result = json.loads(output)
    return {"requests": result["requests"], "rps": result["throughput_rps"],
            "errors": sum(result["errors"].values()), "cpu_s": cpu_s}


def wrk(url, options):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(PIPELINE_LUA % options.pipeline)
        script.flush()
        output, cpu_s = run(["wrk", "-t", 1, "-c", options.connections, "-d", options.duration,
                             "-s", script.name, url], options.client_core)
    errors = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", output)))
    errors += sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", output)))
    return {"requests": int(re.search(r"(\d+) requests in", output)[1]), "errors": errors,
            "rps": float(re.search(r"Requests/sec: +([0-9.]+)", output)[1]), "cpu_s": cpu_s}


def h2load(url, options):
    output, cpu_s = run(["h2load", "--h1", "-t", 1, "-c", options.connections, "-m",
                         options.pipeline, "-D", options.duration, url], options.client_core)
    found = re.search(r"requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) "
                      r"failed, (\d+) errored, (\d+) timeout", output)
    done, _, failed, errored, timeout = map(int, found.groups())
    return {"requests": done, "errors": failed + errored + timeout, "cpu_s": cpu_s,
            "rps": float(re.search(r"finished in .*?, ([0-9.]+) req/s", output)[1])}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--duration", type=int, default=3, help="seconds of each load")
    parser.add_argument("--connections", type=int, default=256)
    parser.add_argument("--pipeline", type=int, default=16)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--client-core", type=int, default=1)
    parser.add_argument("--old", help="another build's etude, measured as well")
    parser.add_argument("--spin-us", type=int, default=0, help="of etude serve; 0: the bare server")
    return parser.parse_args()


def start_server(options):
    """The server's process, and the URL to ask for."""
    bare = options.spin_us == 0
    program = [BUILD / "etude_ceiling"]
    if not bare:
        listed = subprocess.run([BUILD / "etude", "schedulers", "--json"], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
        first = json.loads(listed)["schedulers"][0]["name"]
        program = [BUILD / "etude", "serve", "--scheduler", first]
    server = subprocess.Popen([*program, "--port", "0", "--cores", str(options.server_core)],
                              stdout=subprocess.PIPE, text=True)
    base = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline()).group()
    return server, base + ("/plaintext" if bare else f"/spin?us={options.spin_us}")


def measure(url, options):
    """Rounds of {client: figures}; every second round in reverse, so that no client is always
    first."""
    clients = {"etude load": lambda: etude_load(BUILD / "etude", url, options),
               "wrk": lambda: wrk(url, options), "h2load": lambda: h2load(url, options)}
    if options.old:
        clients["etude load, old"] = lambda: etude_load(options.old, url, options)
    rounds = []
    for number in range(options.rounds):
        names = list(clients) if number % 2 == 0 else list(reversed(clients))
        rounds.append({name: clients[name]() for name in names})
        for name in clients:
            row = rounds[-1][name]
            print(f"{number + 1:>5} {name:<16} {row['rps']:>12.0f} {row['errors']:>7} "
                  f"{row['cpu_s'] / row['requests'] * 1e9:>17.0f}", flush=True)
    return rounds


def print_summary(rounds):
    def medians(name):
        cost = [row[name]["cpu_s"] / row[name]["requests"] for row in rounds]
        own = [row["etude load"]["cpu_s"] / row["etude load"]["requests"] for row in rounds]
        speed = [row[name]["rps"] / row["etude load"]["rps"] for row in rounds]
        return (statistics.median(row[name]["rps"] for row in rounds), statistics.median(speed),
                statistics.median(cost) * 1e9,
                statistics.median(a / b for a, b in zip(cost, own, strict=True)))

    print("client            median_rps  rps_ratio  cpu_ns_per_request  cpu_ratio")
    for name in sorted(rounds[0], key=list(rounds[0]).index):
        rps, speed, cost, ratio = medians(name)
        print(f"{name:<16} {rps:>11.0f} {speed:>10.3f} {cost:>19.0f} {ratio:>10.3f}")


def main():
    options = read_options()
    server, url = start_server(options)
    try:
        print("round client                    rps  errors cpu_ns_per_request", flush=True)
        rounds = measure(url, options)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    print_summary(rounds)
    return 1 if any(row["errors"] for figures in rounds for row in figures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
