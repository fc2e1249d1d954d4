"""A real headless Chromium, driven by the Chrome DevTools protocol: just what the page's tests need."""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import trio
from attrs import define, field
from trio_websocket import ConnectionClosed, WebSocketConnection, open_websocket_url

Document = dict[str, Any]

ENV = "PERKD_TEST_BROWSER"
"""The variable that names the program; scripts/chromium.sh sets it."""
FLAGS = (
    "--headless",
    "--no-sandbox",  # it shows our own page only, and containers run it as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
WITHIN = 20.0
"""Seconds that anything may take."""


def program() -> str | None:
    """The browser that tests may use; None: there is none."""
    named = os.environ.get(ENV, "")
    return shutil.which(named) if named else None


class PageError(AssertionError):
    """A script in the page failed."""


class NavigatedError(PageError):
    """The page that a script ran in has given way to the next."""


_NAVIGATED = ("navigated or closed", "context was destroyed", "Cannot find default execution context")
"""What the browser says of it."""


@define(eq=False)
class Tab:
    """One page. `faults` are its errors and warnings on the console, whoever caused them."""

    _socket: WebSocketConnection
    _session: str
    faults: list[str] = field(factory=list)
    received: list[int] = field(factory=list)
    """Bytes of each WebSocket message that the page was sent."""
    _ids: "count[int]" = field(factory=lambda: count(100))
    _answers: dict[int, Document] = field(factory=dict)
    _news: trio.Event = field(factory=trio.Event)
    loaded: int = 0

    async def listen(self) -> None:
        """Take in what the browser tells."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                message = json.loads(await self._socket.get_message())
                if "id" in message:
                    self._answers[message["id"]] = message
                else:
                    self._hear(message["method"], message["params"])
                self._news.set()
                self._news = trio.Event()

    def _hear(self, method: str, params: Document) -> None:
        match method:
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                self.faults.append(details.get("exception", {}).get("description", details["text"]))
            case "Runtime.consoleAPICalled" if params["type"] in {"error", "warning", "assert"}:
                self.faults.append(" ".join(str(one.get("value")) for one in params["args"]))
            case "Log.entryAdded" if params["entry"]["level"] in {"error", "warning"}:
                entry = params["entry"]
                self.faults.append(f"{entry['text']} ({entry.get('url', '')})")
            case "Network.webSocketFrameReceived":
                self.received.append(len(params["response"]["payloadData"]))
            case "Page.loadEventFired":
                self.loaded += 1

    async def send(self, method: str, **params: Any) -> Document:
        """One command, and its result."""
        number = next(self._ids)
        await self._socket.send_message(
            json.dumps({"id": number, "sessionId": self._session, "method": method, "params": params})
        )
        with trio.fail_after(WITHIN):
            while number not in self._answers:
                await self._news.wait()
        answer = self._answers.pop(number)
        if "error" in answer:
            text = answer["error"]["message"]
            gone = any(word in text for word in _NAVIGATED)
            raise (NavigatedError if gone else PageError)(f"{method}: {text}")
        result: Document = answer["result"]
        return result

    async def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is awaited."""
        answer = await self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise PageError(answer["exceptionDetails"]["exception"].get("description", script))
        return answer["result"].get("value")

    async def open(self, url: str) -> None:
        """Go there, and wait until it is loaded."""
        before = self.loaded
        await self.send("Page.navigate", url=url)
        await self.until_loaded(before)

    async def until_loaded(self, before: int) -> None:
        """Until one more page than `before` is loaded."""
        with trio.fail_after(WITHIN):
            while self.loaded <= before:
                await self._news.wait()

    async def until(self, script: str, within: float = WITHIN) -> Any:
        """The value of an expression, once it is true; looked for at each of the page's frames."""
        value = None
        with trio.move_on_after(within):
            while not value:
                with contextlib.suppress(NavigatedError):  # the next page may have it
                    value = await self.run(f"(found => found instanceof Node || found)({script})")
                if not value:
                    await trio.sleep(0.02)
            return value
        text = await self.run("document.body.innerText")
        raise AssertionError(f"not within {within:g} s: {script}\nfaults: {self.faults}\n{text}")

    async def click(self, selector: str) -> None:
        """Click what a CSS selector finds first."""
        await self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center', behavior: 'instant'}); e.click(); })()"
        )

    async def type(self, selector: str, text: str) -> None:
        """Write into a field, as a person would."""
        await self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.send("Input.insertText", text=text)

    async def press(self, key: str) -> None:
        """Press and release a key: Tab, Enter, Escape, Space."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27, "Space": 32}[key]
        text = {"Enter": "\r", "Space": " "}.get(key, "")
        name = " " if key == "Space" else key
        down = {"type": "keyDown", "key": name, "code": key, "windowsVirtualKeyCode": code}
        await self.send("Input.dispatchKeyEvent", **down, **({"text": text} if text else {}))
        await self.send("Input.dispatchKeyEvent", **{**down, "type": "keyUp"})

    async def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """As large as this; a phone has a finger and no mouse."""
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )

    async def prefer(self, scheme: str) -> None:
        """What the system prefers: light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await self.send("Emulation.setEmulatedMedia", features=features)

    async def picture(self, path: Path, *, whole: bool = False) -> None:
        """Take a picture."""
        answer = await self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        await trio.Path(path).write_bytes(base64.b64decode(answer["data"]))


@asynccontextmanager
async def open_tab(directory: Path) -> AsyncIterator[Tab]:
    """A browser with a fresh profile in `directory`, and one page in it."""
    found = program()
    assert found is not None
    profile = directory / "profile"
    process = await trio.lowlevel.open_process(
        [found, *FLAGS, f"--user-data-dir={profile}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        url = await _debugger(process)
        async with open_websocket_url(url, max_message_size=2**26) as socket, trio.open_nursery() as nursery:
            tab = Tab(socket, await _attach(socket))
            nursery.start_soon(tab.listen)
            nursery.start_soon(_drain, process)
            for domain in ("Page", "Runtime", "Log", "Network"):
                await tab.send(f"{domain}.enable")
            yield tab
            nursery.cancel_scope.cancel()
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # the program may be a script that has started the browser
        with trio.CancelScope(shield=True):
            await process.wait()


async def _debugger(process: trio.Process) -> str:
    """Where it can be driven: it says so once."""
    assert process.stderr is not None
    heard = b""
    with trio.fail_after(WITHIN):
        while b"DevTools listening on " not in heard or not heard.endswith(b"\n"):
            heard += await process.stderr.receive_some()
    return heard.split(b"DevTools listening on ")[1].split()[0].decode()


async def _drain(process: trio.Process) -> None:
    assert process.stderr is not None
    async for _ in process.stderr:
        pass


async def _attach(socket: WebSocketConnection) -> str:
    """Make a page, and return the session to drive it by."""

    async def ask(number: int, method: str, **params: Any) -> Document:
        await socket.send_message(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message: Document = json.loads(await socket.get_message())
            if message.get("id") == number:
                result: Document = message["result"]
                return result

    target = (await ask(1, "Target.createTarget", url="about:blank"))["targetId"]
    session: str = (await ask(2, "Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
    return session
