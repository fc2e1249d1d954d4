"""Asking the running daemon, from another process. Synchronous: a command has nothing else to do."""

import errno
import socket as socketlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from attrs import frozen

from daemon.control.errors import ControlError, NotRunning
from daemon.control.listening import check_path

CONNECT_WITHIN = 2.0
"""Seconds."""
ANSWER_WITHIN = 30.0
"""Seconds without a byte of the answer."""


class NoAnswer(ControlError):  # noqa: N818 - a condition
    """A daemon is there, but does not answer in time."""


@frozen
class Answer:
    """What the daemon answered: its HTTP status code and its body."""

    code: int
    text: str
    document: Any
    """The body as JSON; None where it is none."""

    @property
    def problem(self) -> str:
        """What went wrong, in the daemon's words; "" where nothing did."""
        if self.code < httpx.codes.BAD_REQUEST:
            return ""
        if isinstance(self.document, dict) and "error" in self.document:
            return str(self.document["error"])
        return f"perkd answered {self.code}, without a reason"


def call(
    socket: Path,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    json: object = None,
    content: bytes | None = None,
    timeout: float = ANSWER_WITHIN,
) -> Answer:
    """One request to the daemon at `socket`. An answer of 4xx or 5xx is an answer: see `Answer.problem`.

    Raises:
        NotRunning: nobody listens there.
        NoAnswer: somebody does, but does not answer within `timeout` seconds.
        ControlError: the socket can't be used: its path is too long, its mode forbids it.
    """
    check_path(socket)
    _knock(socket)
    transport = httpx.HTTPTransport(uds=str(socket), verify=False)  # no TLS: loads no certificates
    try:
        with httpx.Client(
            transport=transport, base_url="http://perkd", timeout=timeout, trust_env=False
        ) as client:
            return read_answer(client.request(method, path, params=query, json=json, content=content))
    except httpx.TimeoutException as error:
        raise NoAnswer(
            f"perkd does not answer at {socket} (waited {timeout:g} s): "
            "look into its log, and restart it if it hangs"
        ) from error
    except httpx.TransportError as error:
        raise NoAnswer(
            f"perkd ended the connection at {socket} without an answer: try again, or look into its log"
        ) from error


def _knock(path: Path) -> None:
    """Find out whether anybody listens; what httpx says of a failed connection is too little."""
    with socketlib.socket(socketlib.AF_UNIX, socketlib.SOCK_STREAM) as knocking:
        knocking.settimeout(CONNECT_WITHIN)
        try:
            knocking.connect(str(path))
        except OSError as error:
            raise _explain(error, path) from error


def _explain(error: OSError, path: Path) -> ControlError:
    match error.errno:
        case errno.ENOENT | errno.ECONNREFUSED | errno.ENOTDIR:
            return NotRunning(f"perkd is not running: nobody listens at {path}")
        case errno.EACCES | errno.EPERM:
            return ControlError(f"{path}: permission denied: run this as the user that perkd runs as")
        case _:  # EAGAIN, or the timeout: its backlog is full
            return NoAnswer(f"perkd accepts no connection at {path} ({error}): look into its log")


def read_answer(response: httpx.Response) -> Answer:
    """The answer in an HTTP response."""
    is_json = response.headers.get("content-type", "").startswith("application/json")
    return Answer(response.status_code, response.text, response.json() if is_json else None)
