"""A headless Chromium, driven over the DevTools protocol by pipes, with nothing but Python's standard library."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
# As root there is no sandbox; the rest keeps the browser from talking to anyone.
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --remote-debugging-pipe"
).split()
# Seconds that an answer may take: a machine under load starts slowly.
PATIENCE = 120


def found():
    """The browser's file, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One tab. Use it in a `with` statement: the process and its folder are gone at the end."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="browser-")
        # The browser reads commands from its descriptor 3 and writes answers to 4; ours lie above.
        ours = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for pair in (os.pipe(), os.pipe()) for end in pair]
        command, self.into, self.out, answer = ours
        start = f'exec "$@" 3<&{command} 4>&{answer} {command}<&- {answer}>&-'
        flags = [*FLAGS, f"--user-data-dir={self.folder}", "about:blank"]
        environment = {**os.environ, "HOME": self.folder}
        self.process = subprocess.Popen(
            ["bash", "-c", start, "bash", found(), *flags],
            pass_fds=(command, answer),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(command)
        os.close(answer)
        self.rest, self.events, self.number, self.session = b"", [], 0, None
        try:
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self.call("Page.enable")
        except BaseException:
            # The `with` statement has not begun, so that nothing else would end it.
            self.process.kill()
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def message(self):
        """The next message of the browser."""
        until = time.monotonic() + PATIENCE
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.out], [], [], max(0.0, until - time.monotonic()))
            piece = os.read(self.out, 1 << 20) if ready else b""
            if not piece:
                raise RuntimeError(f"the browser is silent; does `{found()} --headless --no-sandbox` start?")
            self.rest += piece
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        """The browser's answer to a command."""
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        data = json.dumps(command).encode() + b"\0"
        while data:
            data = data[os.write(self.into, data) :]
        while True:
            message = self.message()
            if message.get("id") != self.number:
                self.events.append(message.get("method"))
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']}")
            else:
                return message["result"]

    def open(self, path, width, dark=False, media="screen"):
        """Shows a file in a window of a width, light or dark, as on a screen or on paper."""
        narrow = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=narrow
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.events.clear()
        failed = self.call("Page.navigate", url="file://" + os.path.abspath(path)).get("errorText")
        if failed:
            raise RuntimeError(f"{path}: {failed}")
        while "Page.loadEventFired" not in self.events:
            self.events.append(self.message().get("method"))

    def evaluate(self, script):
        """The value of a script."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def screenshot(self):
        """The whole page as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def pdf(self):
        """The page on A4 as PDF, with the browser's own margins."""
        self.call("Emulation.setEmulatedMedia", media="print", features=[])
        paper = {"paperWidth": 8.27, "paperHeight": 11.69}
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False, **paper)["data"])
