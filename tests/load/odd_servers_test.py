"""etude load against servers that answer oddly: what is no HTTP, redirects, nothing at all.

Method: each server is a few lines on a socket of 127.0.0.1. It answers every request, or every
connection, with the same bytes and then waits for the client to close. The time-out of the load is
far above the test's own: a load that waited for it would not end in time.
"""

import json
import socket
import subprocess
import threading
from contextlib import contextmanager

import pytest

from tests.load.load_test import BUILD, load

PATIENT = ("-T", "10m", "-d", "200ms", "-w", "0", "-c", "2", "--json", "-")


@contextmanager
def answering(reply, greeting=b"", family=socket.AF_INET, host="127.0.0.1"):
    """A server that sends `greeting` to each connection and `reply` to each head; yields its port.
    """
    listener = socket.socket(family)
    listener.bind((host, 0))
    listener.listen(64)

    def serve(peer):
        with peer:
            try:
                peer.sendall(greeting)
                unread = b""
                while piece := peer.recv(65536):
                    unread += piece
                    for _ in range(unread.count(b"\r\n\r\n")):
                        peer.sendall(reply)
                    unread = unread[unread.rfind(b"\r\n\r\n") + 4:] if b"\r\n\r\n" in unread \
                        else unread
            except OSError:
                pass  # the client went away

    def accept():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return  # closed: the test is over
            threading.Thread(target=serve, args=(peer,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=10)


FOREIGN = {
    "bare-lf": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
    "tls-alert": b"\x15\x03\x01\x00\x02\x02\x46",
    "http2-settings": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
    "ssh": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "smtp": b"220 mail.example.org ESMTP\r\n",
    "redis": b"-ERR unknown command 'GET'\r\n",
    "http0.9": b"<html>hello</html>",
    "noise": bytes(range(128, 256)),
    "chunk-without-size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_http_is_an_error_at_once(name):
    with answering(FOREIGN[name]) as port:
        ran = load(f"http://127.0.0.1:{port}/", *PATIENT)
    result = json.loads(ran.stdout)
    assert ran.returncode == 1, "not one request was answered"
    assert result["requests"] == 0 and result["errors"]["read"] > 0
    assert result["errors"]["timeout"] == 0, result["errors"]
    last = ran.stderr.splitlines()[-1]
    assert ": starts with \"" in last and last.isprintable() and last.isascii(), last


def test_a_greeting_before_any_request_is_an_error():
    with answering(b"", greeting=FOREIGN["ssh"]) as port:
        ran = load(f"http://127.0.0.1:{port}/", *PATIENT)
    assert ran.returncode == 1
    assert "no HTTP response: starts with \"SSH-2.0-OpenSSH" in ran.stderr


def redirect(status):
    return f"HTTP/1.1 {status} x\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_said(status):
    with answering(redirect(status)) as port:
        told = load(f"http://127.0.0.1:{port}/", *PATIENT)
        text = load(f"http://127.0.0.1:{port}/", *PATIENT[:-2])
    result = json.loads(told.stdout)
    assert told.returncode == 0
    assert result["statuses"] == {"2xx": 0, "3xx": result["requests"], "4xx": 0, "5xx": 0}
    assert any("3xx" in reason for reason in result["reasons"]), result["reasons"]
    assert "Responses: 2xx 0, 3xx" in text.stdout, text.stdout


def test_another_status_than_expected_is_an_error():
    with answering(redirect(302)) as port:
        refused = load(f"http://127.0.0.1:{port}/", *PATIENT, "--expect-status", "200,204")
        wanted = load(f"http://127.0.0.1:{port}/", *PATIENT, "--expect-status", "302")
    result = json.loads(refused.stdout)
    assert result["errors"]["status"] >= result["requests"] > 0
    assert result["status"] == "errors"
    assert any("status 302" in reason for reason in result["reasons"])
    assert json.loads(wanted.stdout)["reasons"] == [] or \
        "3xx" not in "".join(json.loads(wanted.stdout)["reasons"])
    assert json.loads(wanted.stdout)["errors"]["status"] == 0


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"], ids=["none", "half"])
def test_a_load_that_was_never_answered_fails_and_says_why(reply, tmp_path):
    out = tmp_path / "r.json"
    with answering(reply) as port:
        ran = load(f"http://127.0.0.1:{port}/", "-T", "50ms", "-d", "200ms", "-w", "0", "-q",
                   "--json", out)
    assert ran.returncode == 1
    assert "not one request was answered: no response within the time-out" in ran.stderr
    assert json.loads(out.read_text())["errors"]["timeout"] > 0, "the record is kept"


ODD_TEXTS = {
    "latin-1": b"/caf\xe9", "cut-off": b"/\xe6\x97", "surrogate": b"/\xed\xa0\x80",
    "overlong": b"/\xc0\xaf", "utf-8": "/é😀".encode(), "c1-control": b"/\xc2\x9b2J",
}


@pytest.mark.parametrize("name", ODD_TEXTS)
def test_any_path_reaches_the_record(name, tmp_path):
    out = tmp_path / "r.json"
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi") as port:
        url = b"http://127.0.0.1:%d" % port
        path = ODD_TEXTS[name]
        ran = subprocess.run(
            [BUILD / "etude", "load", url + path, "-d", "50ms", "-w", "0", "-c", "2",
             "--json", out, "--mix", b"1:" + path, "--mix", b"1:/x", "--beside", path,
             "-H", b"X-Odd: " + path, "--expect-body", path], capture_output=True, timeout=60,
            check=False)
    assert ran.returncode == 0, ran.stderr
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["url"].startswith(url.decode()) and result["url"].isprintable()
    assert result["routes"][0]["path"] == result["beside"]["path"]
    ran.stdout.decode("utf-8")
    ran.stderr.decode("utf-8")


@pytest.mark.parametrize("host", [b"http://\xff/", b"http://a\nb/", b"http://127.0.0.1:\xe9/",
                                  b"\xff\xfe", b"http://\x1b[2J/"], ids=repr)
def test_an_odd_url_is_refused_in_one_printable_line(host):
    ran = subprocess.run([BUILD / "etude", "load", host], capture_output=True, timeout=60,
                         check=False)
    assert ran.returncode == 2
    line = ran.stderr.decode("utf-8")
    assert line.endswith("\n") and line[:-1].isprintable(), line


def has_v6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def test_the_address_that_answers_is_taken_and_recorded():
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    with answering(ok) as port:
        ran = load(f"HTTP://localhost:{port}/", *PATIENT)
    result = json.loads(ran.stdout)
    assert result["address"] == f"127.0.0.1:{port}" and result["requests"] > 0
    if has_v6():  # a machine without IPv6 has no other address to take
        with answering(ok, family=socket.AF_INET6, host="::1") as port:
            ran = load(f"http://[::1]:{port}/", *PATIENT)
        assert json.loads(ran.stdout)["address"] == f"[::1]:{port}"
