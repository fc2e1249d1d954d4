"""What the commands share: the configuration, and the way to the daemon or to its store."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import define

from daemon.cli.failures import CommandFailed, ExitCode, complain

if TYPE_CHECKING:
    from daemon.config import Config
    from daemon.control.client import Answer

STORE_WITHIN = 600.0
"""Seconds for an answer that takes the store's time: an import, a long history."""

FAULTY = "(perkd check lists them); the running daemon goes on with what it read"
"""Said of a file that was edited while the daemon runs."""

_BAD_VALUE = 400
"""HTTP: the daemon's word for a value that can't be taken."""


@define
class Session:
    """One run of the command line."""

    option: Path | None = None
    """`--config`."""
    _config: "Config | None" = None
    _has_warned: bool = False

    @property
    def config(self) -> "Config":
        """The configuration. Raises `CommandFailed` with every fault in it."""
        from daemon.config import ConfigError, load_config  # noqa: PLC0415 - not for `--version`
        from daemon.secrets import look_beside  # noqa: PLC0415

        if self._config is None:
            look_beside(self._path)
            try:
                self._config = load_config(self._path, os.environ)
            except ConfigError as error:
                raise CommandFailed("\n".join(error.faults), ExitCode.BAD_USAGE) from None
        return self._config

    @property
    def _path(self) -> Path:
        from daemon.config import find_config  # noqa: PLC0415 - as above

        return find_config(self.option, os.environ)

    def ask_daemon(self, method: str, path: str, *, json: object = None, **query: str) -> Any:
        """Ask what only a running daemon knows. Returns the answer's document.

        Raises `CommandFailed`, with `NOT_RUNNING` where no daemon runs.
        """
        from daemon.control.errors import NotRunning  # noqa: PLC0415 - as in `_call`

        socket, faults = self._find_socket()
        try:
            answer = self._call(socket, faults, method, path, query=query, json=json)
        except NotRunning as error:
            text = "\n".join(filter(None, (str(error), faults)))
            raise CommandFailed(text, ExitCode.NOT_RUNNING) from None
        return _accepted(answer).document

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
    ) -> "Answer":
        """Ask the daemon, or where none runs its store. `query` without what is empty.

        Raises `CommandFailed` for everything but success.
        """
        from daemon.control.errors import NotRunning  # noqa: PLC0415 - as in `_call`

        asked = {name: value for name, value in (query or {}).items() if value}
        body: dict[str, Any] = {"query": asked, "json": json, "content": content}
        socket, faults = self._find_socket()
        try:
            answer = self._call(socket, faults, method, path, **body, timeout=STORE_WITHIN)
        except NotRunning:
            if faults:
                raise CommandFailed(faults, ExitCode.BAD_USAGE) from None
            answer = self._ask_store(method, path, asked, json, content)
        return _accepted(answer)

    def _find_socket(self) -> tuple[Path, str]:
        """Where a daemon would listen, and what is wrong with the file: a running daemon needs it no more."""
        from daemon.cli.lenient import socket_written  # noqa: PLC0415 - as above

        try:
            return self.config.status.socket, ""
        except CommandFailed as error:
            return socket_written(self._path), error.message

    def _call(self, socket: Path, faults: str, method: str, path: str, **request: Any) -> "Answer":
        """Ask the daemon. Raises `NotRunning`, and `CommandFailed` where there is no answer otherwise."""
        from daemon.control.client import call  # noqa: PLC0415 - httpx takes a tenth of a second
        from daemon.control.errors import ControlError, NotRunning  # noqa: PLC0415

        try:
            answer = call(socket, method, path, **request)
        except NotRunning:
            raise
        except ControlError as error:
            raise CommandFailed("\n".join(filter(None, (str(error), faults)))) from None
        if faults and not self._has_warned:
            self._has_warned = True
            complain(f"{self._path.name} on disk has faults {FAULTY}")
        return answer

    def _ask_store(
        self, method: str, path: str, query: Mapping[str, str], json: object, content: bytes | None
    ) -> "Answer":
        from actors.ports import StoreUnavailable  # noqa: PLC0415 - as above
        from daemon.control.errors import ControlError  # noqa: PLC0415
        from daemon.control.offline import Request, call_offline  # noqa: PLC0415
        from daemon.secrets import SecretError  # noqa: PLC0415
        from daemon.storage import StoreBusy  # noqa: PLC0415
        from daemon.storing import database, mongodb_address  # noqa: PLC0415

        games = {name: game.protocol for name, game in self.config.games.items()}
        try:
            request = Request(method, path, query, json, content)
            replicated = mongodb_address(self.config) is not None
            boards = tuple(self.config.boards)
            answer = call_offline(database(self.config), games, request, boards=boards, replicated=replicated)
        except StoreBusy as error:
            raise CommandFailed(
                f"{error}. Nobody listens at {self.config.status.socket}: if that perkd is starting or "
                "stopping, try again in a moment"
            ) from None
        except SecretError as error:
            raise CommandFailed(str(error), ExitCode.BAD_USAGE) from None
        except (ControlError, StoreUnavailable) as error:
            raise CommandFailed(str(error)) from None
        if method != "GET" and not answer.problem:
            complain("(perkd is not running: its store was changed, and it goes by that when it starts)")
        return answer


def _accepted(answer: "Answer") -> "Answer":
    if problem := answer.problem:
        raise CommandFailed(problem, ExitCode.BAD_USAGE if answer.code == _BAD_VALUE else ExitCode.FAILED)
    return answer


pass_session = click.make_pass_decorator(Session)
