"""Goal: the client runs on another host, over the user's own ssh, and the record is whole.

Method: two network namespaces joined by a wire are the two hosts; a real sshd, with keys and
configuration of this test's own, runs in the one, `etude run` in the other. Namespaces need root.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.harness.runs import BOUND_S, ETUDE, rows, run_command, write_suite

SSHD = "/usr/sbin/sshd"
SERVER_IP, CLIENT_IP, SSH_PORT = "192.0.2.1", "192.0.2.2", 2222
REAL = {"blocks": 1, "warmup_s": 0.1, "duration_s": 0.3, "retries": 0,
        "workloads": {"plaintext": {"path": "/plaintext", "expect_body": "Hello, World!"}},
        "factors": {"scheduler": "fifo", "connections": 8, "workload": "plaintext", "cores": 1,
                    "subject": ["etude", "ceiling"]}}


def command(*words) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True, timeout=BOUND_S)


@pytest.fixture(scope="module")
def hosts():
    """The names of two namespaces, SERVER_IP and CLIENT_IP on the two ends of a wire."""
    for program in ("ip", "ssh", "ssh-keygen", SSHD):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: experiments/setup.sh test")
    names = {side: f"etude-{side}-{os.getpid()}" for side in ("server", "client")}
    made = subprocess.run(["ip", "netns", "add", names["server"]], capture_output=True, text=True,
                          check=False)
    if made.returncode != 0:
        pytest.skip(f"network namespaces are for root: {made.stderr.strip()}")
    try:
        command("ip", "netns", "add", names["client"])
        command("ip", "link", "add", "wire", "netns", names["server"], "type", "veth",
                "peer", "name", "wire", "netns", names["client"])
        for side, address in (("server", SERVER_IP), ("client", CLIENT_IP)):
            command("ip", "-n", names[side], "address", "add", f"{address}/24", "dev", "wire")
            command("ip", "-n", names[side], "link", "set", "wire", "up")
            command("ip", "-n", names[side], "link", "set", "lo", "up")
        yield names
    finally:
        for name in names.values():
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


@pytest.fixture(scope="module")
def ssh(hosts, tmp_path_factory):
    """The ssh command that reaches the client's host as "there"; its sshd runs meanwhile."""
    folder = tmp_path_factory.mktemp("ssh")
    for key in ("host_key", "user_key"):
        command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key)
    host_key = (folder / "host_key.pub").read_text()
    (folder / "authorized_keys").write_text((folder / "user_key.pub").read_text())
    (folder / "known_hosts").write_text(f"[{CLIENT_IP}]:{SSH_PORT} {host_key}")
    (folder / "sshd_config").write_text(
        f"ListenAddress {CLIENT_IP}:{SSH_PORT}\nHostKey {folder}/host_key\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\n"
        "PermitRootLogin prohibit-password\nPasswordAuthentication no\n")
    (folder / "config").write_text(
        f"Host there\n HostName {CLIENT_IP}\n Port {SSH_PORT}\n User root\n"
        f" IdentityFile {folder}/user_key\n IdentitiesOnly yes\n"
        f" UserKnownHostsFile {folder}/known_hosts\n StrictHostKeyChecking yes\n")
    Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it for its privilege separation
    daemon = subprocess.Popen(["ip", "netns", "exec", hosts["client"], SSHD, "-D", "-e", "-f",
                               folder / "sshd_config"], stderr=subprocess.PIPE, text=True)
    try:
        assert "listening" in daemon.stderr.readline()
        yield f"ssh -F {folder}/config"
    finally:
        daemon.terminate()
        daemon.wait(timeout=BOUND_S)
        daemon.stderr.close()


def run_there(hosts, ssh, suite, out) -> subprocess.CompletedProcess:
    return subprocess.run(["ip", "netns", "exec", hosts["server"], *run_command(suite, out)],
                          env=os.environ | {"ETUDE_SSH": ssh}, capture_output=True, text=True,
                          timeout=BOUND_S, check=False)


def test_a_client_on_another_host_gives_a_whole_record(hosts, ssh, tmp_path):
    suite = write_suite(tmp_path, **REAL, client={"ssh": "there", "server": SERVER_IP,
                                                  "etude": str(ETUDE)})
    out = tmp_path / "out"
    done = run_there(hosts, ssh, suite, out)
    assert done.returncode == 0, done.stderr
    table = rows(out)
    assert sorted(row["subject"] for row in table) == ["ceiling", "etude"]
    for row in table:
        assert row["client_host"] == "there" and row["client_cores"] == ""
        assert int(row["requests"]) > 0 and float(row["lat_req_p99_ns"]) > 0, row["reasons"]
        assert float(row["server_cpu_s"]) > 0, "the server is read while the other host measures"
        assert row["errors"] == "0"
    assert {row["trial_id"] for row in rows(out, "hist")} == {row["trial_id"] for row in table}
    assert rows(out, "windows") and rows(out, "workers")


@pytest.mark.parametrize(("change", "reason"), [
    ({"ssh": "nowhere.invalid"}, "nowhere.invalid"),
    ({"etude": "/no/such/etude"}, "/no/such/etude")])
def test_a_host_that_cannot_serve_is_a_failed_trial_with_the_reason(hosts, ssh, tmp_path, change,
                                                                    reason):
    client = {"ssh": "there", "server": SERVER_IP, "etude": str(ETUDE)} | change
    done = run_there(hosts, ssh, write_suite(tmp_path, **REAL, client=client), tmp_path / "out")
    assert done.returncode == 1
    for row in rows(tmp_path / "out"):
        assert row["status"] == "failed" and reason in row["reasons"], row["reasons"]
