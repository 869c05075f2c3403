"""A real headless Chromium for tests, driven over its debugging pipe: no network, no extra library.

Errors: AssertionError when it does not answer within the time limit.
"""

import json
import os
import select
import shutil
import subprocess
import tempfile
import time

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--remote-debugging-pipe", "--hide-scrollbars")
LIMIT_S = 60


def found() -> str | None:
    """The path of Debian's chromium, if it is installed."""
    return shutil.which("chromium")


class Browser:
    """One page. Use as a context manager; the process and its profile are gone afterwards."""

    def __enter__(self):
        self._profile = tempfile.mkdtemp(prefix="etude-browser-")
        to_read, self._to = os.pipe()
        self._from, from_write = os.pipe()

        def place_pipes():
            # Chromium reads commands from descriptor 3 and writes to 4. Copies first: either
            # end may itself be 3 or 4.
            ends = os.dup(to_read), os.dup(from_write)
            high = [os.dup2(end, 100 + i) for i, end in enumerate(ends)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self._process = subprocess.Popen(
            [found(), *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            preexec_fn=place_pipes, close_fds=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self._buffer, self._number, self._session, self.events = b"", 0, None, []
        target = self.call("Target.getTargets")["targetInfos"]
        page = next(info["targetId"] for info in target if info["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)
        for pipe in (self._to, self._from):
            os.close(pipe)
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, **parameters) -> dict:
        """One command; returns its result. Events that arrive meanwhile go to self.events."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def _next(self) -> dict:
        deadline = time.monotonic() + LIMIT_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], max(0, deadline - time.monotonic()))
            assert ready, "chromium did not answer"
            chunk = os.read(self._from, 1 << 20)
            assert chunk, "chromium ended"
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(line)

    def open(self, url: str, width: int, height: int = 900) -> None:
        """Loads the page in a window of that size and waits until it has loaded."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 500)
        self.events.clear()
        self.call("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def run(self, script: str):
        """The value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        """A key, down and up. code: its Windows virtual key code."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code)

    def complaints(self) -> list[str]:
        """Exceptions, console errors and requests beyond the page itself."""
        found_now = []
        for event in self.events:
            method, data = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found_now.append(json.dumps(data["exceptionDetails"]))
            if method == "Log.entryAdded" and data["entry"]["level"] in ("error", "warning"):
                found_now.append(data["entry"]["text"])
            if method == "Network.requestWillBeSent" and not data["request"]["url"].startswith(
                    ("file:", "data:")):
                found_now.append(data["request"]["url"])
        return found_now
