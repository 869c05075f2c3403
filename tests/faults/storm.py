"""Bad clients by the thousand: raw sockets and one selector, on the test's own thread.

Each function returns what it saw as plain data; what that should have been is the test's affair.
"""

import select
import selectors
import socket
import struct
import time
from contextlib import contextmanager
from functools import partial

from tests.serve import running

LIMIT_S = 20
receive = partial(running.receive, timeout_s=LIMIT_S)
GET = b"GET %s HTTP/1.1\r\nHost: t\r\n\r\n"
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends a reset and waits for nothing


def connect(port, receive_bytes=None):
    client = socket.socket()
    client.settimeout(LIMIT_S)
    if receive_bytes is not None:  # before connecting: the window is agreed on then
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    client.connect(("127.0.0.1", port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


@contextmanager
def crowd(port, count, first=b"", receive_bytes=None):
    """`count` connections that have sent `first`; closed at the end of the block."""
    clients = []
    try:
        for _ in range(count):
            clients.append(connect(port, receive_bytes))
            if first:
                clients[-1].sendall(first)
        yield clients
    finally:
        for client in clients:
            client.close()


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()


def drip(clients, begun_s, drop=b"x", every_s=1.0, limit_s=LIMIT_S):
    """Sends each client's server one `drop` every second until it hears of an end.

    Returns, in the order of `clients`, the seconds from `begun_s` of each to its end, and the bytes
    that came before it. One that never ends within the limit is a TimeoutError.
    """
    selector = selectors.DefaultSelector()
    for nth, client in enumerate(clients):
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ, nth)
    ended_s, heard = [None] * len(clients), [b""] * len(clients)
    next_drop_s = time.monotonic() + every_s
    give_up_s = time.monotonic() + limit_s
    while selector.get_map():
        now_s = time.monotonic()
        if now_s > give_up_s:
            raise TimeoutError(f"{len(selector.get_map())} clients heard of no end")
        if now_s >= next_drop_s:
            next_drop_s += every_s
            for key in list(selector.get_map().values()):
                try:
                    key.fileobj.send(drop)
                except OSError:
                    pass  # full, or over: reading will tell
        for key, _ in selector.select(max(0.0, next_drop_s - time.monotonic())):
            nth = key.data
            try:
                bytes_ = key.fileobj.recv(65_536)
            except ConnectionError:
                bytes_ = b""
            heard[nth] += bytes_
            if not bytes_:
                ended_s[nth] = time.monotonic() - begun_s[nth]
                selector.unregister(key.fileobj)
    return ended_s, heard


def stuff(clients, request, bytes_max):
    """Sends `request` over and over, and never reads, until nothing more is taken for a while.

    Returns how many bytes each server end has taken, `bytes_max` at most.
    """
    selector = selectors.DefaultSelector()
    block = request * (65_536 // len(request))
    sent = [0] * len(clients)
    for nth, client in enumerate(clients):
        client.setblocking(False)
        selector.register(client, selectors.EVENT_WRITE, nth)
    while selector.get_map():
        ready = selector.select(0.3)
        if not ready:
            break
        for key, _ in ready:
            nth = key.data
            begin = sent[nth] % len(block)
            try:
                sent[nth] += key.fileobj.send(block[begin:])
            except BlockingIOError:
                continue
            except ConnectionError:
                sent[nth] = max(sent[nth], 1)
                selector.unregister(key.fileobj)
                continue
            if sent[nth] >= bytes_max:
                selector.unregister(key.fileobj)
    return sent


def pipeline(client, request, count):
    """Sends `request` as often, while reading; returns how many 200s came back."""
    left, got, answered, begun = memoryview(request * count), b"", 0, b"HTTP/1.1 200 "
    client.setblocking(False)
    while answered < count:
        readable, writable, _ = select.select([client], [client] if left else [], [], LIMIT_S)
        if writable:
            left = left[client.send(left):]
        if readable:
            more = client.recv(1 << 18)
            if not more:
                break
            got += more
            answered += got.count(begun)
            got = got[-(len(begun) - 1):]  # perhaps the first bytes of the next
    return answered
