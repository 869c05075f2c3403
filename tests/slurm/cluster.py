"""A Slurm of four nodes on this machine: munged, slurmctld and a slurmd for each node, in a
directory of their own, on free ports; without systemd and cgroups. stop() ends each by its pid.
"""

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

BOUND_S = 60
NODES = ("n1", "n2", "n3", "n4")


def free_ports(count: int) -> list[int]:
    holders = [socket.socket() for _ in range(count)]
    for holder in holders:
        holder.bind(("127.0.0.1", 0))
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


def wait_for(condition, what: str, bound_s: float = BOUND_S):
    """The first true answer of condition(), asked ten times a second."""
    end = time.monotonic() + bound_s
    while time.monotonic() < end:
        if answer := condition():
            return answer
        subprocess.run(["sleep", "0.1"], check=True)
    raise AssertionError(f"after {bound_s} s still not: {what}")


class Cluster:
    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir(mode=0o755)
        self.conf = directory / "slurm.conf"
        self.environment = os.environ | {
            "SLURM_CONF": str(self.conf),
            "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
        self.daemons: dict[str, subprocess.Popen] = {}
        self.write_configuration()

    def write_configuration(self):
        host = socket.gethostname().split(".")[0]
        controller, *ports = free_ports(1 + len(NODES))
        text = Path(__file__).with_name("slurm.conf.in").read_text()
        for word, value in {"HOST": host, "DIR": self.directory, "USER": getpass.getuser(),
                            "PORT": controller}.items():
            text = text.replace(f"@{word}@", str(value))
        for node, port in zip(NODES, ports):
            (self.directory / f"spool-{node}").mkdir()
            text += (f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
                     "CPUs=1 State=UNKNOWN\n")
        text += "PartitionName=main Nodes=n[1-4] Default=YES MaxTime=INFINITE State=UP\n"
        self.conf.write_text(text)
        (self.directory / "state").mkdir()
        key = self.directory / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)

    def begin(self, name: str, *command: str):
        log = (self.directory / f"{name}.out").open("ab")
        program = shutil.which(command[0], path=self.environment["PATH"])
        assert program, f"{command[0]}: run experiments/setup.sh test"
        self.daemons[name] = subprocess.Popen([program, *command[1:]], env=self.environment,
                                              stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                              start_new_session=True)

    def begin_node(self, node: str):
        self.begin(node, "slurmd", "-D", "-N", node, "-f", str(self.conf))

    def start(self):
        at = self.directory
        self.begin("munged", "munged", "--foreground", "--force", f"--socket={at}/munge.socket",
                   f"--key-file={at}/munge.key", f"--pid-file={at}/munged.pid",
                   f"--log-file={at}/munged.log", f"--seed-file={at}/munged.seed")
        wait_for((at / "munge.socket").exists, "munged listens")
        self.begin("ctld", "slurmctld", "-D", "-f", str(self.conf))
        for node in NODES:
            self.begin_node(node)
        wait_for(lambda: self.run("sinfo", "-h", "-o", "%T %D").stdout.split() == ["idle", "4"],
                 "four idle nodes")

    def run(self, *command: str, **more) -> subprocess.CompletedProcess:
        return subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              timeout=BOUND_S, check=False, **more)

    def kill_node(self, node: str):
        daemon = self.daemons[node]
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()

    def stop(self):
        self.run("scancel", "--user", getpass.getuser())
        for name in reversed(list(self.daemons)):
            daemon = self.daemons[name]
            daemon.terminate()
            try:
                daemon.wait(timeout=10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
