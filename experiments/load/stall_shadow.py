"""What a stall of the server looks like: to etude load in open loop, to wrk, and by computation.

    /usr/bin/python3 experiments/load/stall_shadow.py [--rounds 3] [--duration 10] [--stall-ms 500]
        [--share 0.5] [--connections 64] [--spin-us 50] [--server-core 0] [--client-core 1]

One worker of `etude serve` takes --spin-us for each request. First its capacity C is measured in
closed loop. Then `etude load` offers --share of it for --duration seconds, at fixed distances, and
in the middle one more connection asks for /block: the worker stands still for --stall-ms. The same
once more in closed loop, which stops asking while nothing is answered, by etude load and by wrk,
which then makes up the samples that it believes to have missed.

What must be seen: the request that is due t after the beginning of a stall of S waits until its
end, and for what was due before it: S - t (1 - R/C) in all, at a rate R. So in a measurement of T
a share of (S - x) / (T (1 - R/C)) waits for longer than x, and the quantile q lies at
S - (1 - q) T (1 - R/C). S is as long as the connection that asked for it had to wait.

A row for each quantile, in milliseconds: computed; seen in open loop, and the error of that; seen
in closed loop by etude load and by wrk.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from compare_clients import BUILD, run, start_server

QUANTILES = {"p99": 0.99, "p999": 0.999, "p9999": 0.9999}
QUANTILES_LUA = """
done = function(summary, latency)
  for _, q in ipairs({%s}) do io.write("quantile ", latency:percentile(q * 100), "\\n") end
end
"""


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--duration", type=int, default=10, help="seconds of each load")
    parser.add_argument("--stall-ms", type=int, default=500)
    parser.add_argument("--share", type=float, default=0.5, help="of the capacity, below 1")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--spin-us", type=int, default=50)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--client-core", type=int, default=1)
    options = parser.parse_args()
    if not 0 < options.share < 1:
        parser.error(f"--share: {options.share} is not between 0 and 1")
    if not 0 < options.stall_ms <= 1000 or options.duration * 1000 < 4 * options.stall_ms:
        parser.error("--stall-ms: at most 1000, and --duration at least four times as long")
    return options


def etude_load(url, options, *words):
    output, _ = run([BUILD / "etude", "load", url, "-c", options.connections, "-q", "--json", "-",
                     *words], options.client_core)
    return json.loads(output)


def wrk_quantiles_ms(url, options):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(QUANTILES_LUA % ", ".join(map(str, QUANTILES.values())))
        script.flush()
        output, _ = run(["wrk", "-t", 1, "-c", options.connections, "-d", options.duration,
                         "-s", script.name, url], options.client_core)
    return [float(us) / 1e3 for us in re.findall(r"quantile ([0-9.]+)", output)]


def with_stall(load, base, options):
    """What `load` returns, and how long the stall was that it met halfway, in ms."""
    waited_ms = []

    def stall():
        time.sleep(options.duration / 2)
        begin = time.monotonic()
        urllib.request.urlopen(f"{base}/block?us={options.stall_ms * 1000}", timeout=30).read()
        waited_ms.append((time.monotonic() - begin) * 1e3)

    thread = threading.Thread(target=stall)
    thread.start()
    seen = load()
    thread.join()
    return seen, waited_ms[0]


def measure(url, base, options):
    """One round: rows of (quantile, computed, open loop, closed loop, wrk), times in ms."""
    capacity_rps = etude_load(url, options, "-d", 2, "-w", "0.3")["throughput_rps"]
    rate_rps = options.share * capacity_rps
    words = ("-d", options.duration, "-w", 0, "-R", f"{rate_rps:.0f}", "--arrival", "fixed")
    result, stall_ms = with_stall(lambda: etude_load(url, options, *words), base, options)
    closed, _ = with_stall(
        lambda: etude_load(url, options, "-d", options.duration, "-w", 0), base, options)
    wrk_ms, _ = with_stall(lambda: wrk_quantiles_ms(url, options), base, options)
    open_ms = [result["lat_intended_ns"][name] / 1e6 for name in QUANTILES]
    closed_ms = [closed["lat_req_ns"][name] / 1e6 for name in QUANTILES]
    slope_ms = options.duration * 1e3 * (1 - options.share)
    computed_ms = [max(0.0, stall_ms - (1 - q) * slope_ms) for q in QUANTILES.values()]
    print(f"# capacity {capacity_rps:.0f}/s, offered {rate_rps:.0f}/s, stall {stall_ms:.1f} ms, "
          f"lost {sum(result['errors'].values())}, status {result['status']}", flush=True)
    return list(zip(QUANTILES.values(), computed_ms, open_ms, closed_ms, wrk_ms, strict=True))


def main():
    options = read_options()
    server, url = start_server(options)
    base = re.match(r"http://[^/]+", url).group()
    try:
        print("round quantile computed_ms open_ms  error closed_ms wrk_ms", flush=True)
        for number in range(1, options.rounds + 1):
            for quantile, computed, seen, closed, wrk in measure(url, base, options):
                error = f"{seen / computed - 1:+.1%}" if computed > 0 else "-"
                print(f"{number:>5} {quantile:>8} {computed:>11.1f} {seen:>7.1f} {error:>6} "
                      f"{closed:>9.1f} {wrk:>6.1f}", flush=True)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
