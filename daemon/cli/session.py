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

_BAD_VALUE = 400
"""HTTP: the daemon's word for a value that can't be taken."""


@define
class Session:
    """One run of the command line."""

    option: Path | None = None
    """`--config`."""
    _config: "Config | None" = None

    @property
    def config(self) -> "Config":
        """The configuration. Raises `CommandFailed` with every fault in it."""
        if self._config is None:
            self._config = self._load()
        return self._config

    def _load(self) -> "Config":
        from daemon.config import ConfigError, find_config, load_config  # noqa: PLC0415 - not for `--version`

        try:
            return load_config(find_config(self.option, os.environ), os.environ)
        except ConfigError as error:
            raise CommandFailed("\n".join(error.faults), ExitCode.BAD_USAGE) from None

    def ask_daemon(self, method: str, path: str, **query: str) -> Any:
        """Ask what only a running daemon knows. Returns the answer's document.

        Raises `CommandFailed`, with `NOT_RUNNING` where no daemon runs.
        """
        from daemon.control.client import call  # noqa: PLC0415 - httpx takes a tenth of a second
        from daemon.control.errors import ControlError, NotRunning  # noqa: PLC0415

        try:
            answer = call(self.config.status.socket, method, path, query=query)
        except NotRunning as error:
            raise CommandFailed(str(error), ExitCode.NOT_RUNNING) from None
        except ControlError as error:
            raise CommandFailed(str(error)) from None
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
        from daemon.control.client import call  # noqa: PLC0415 - as above
        from daemon.control.errors import ControlError, NotRunning  # noqa: PLC0415

        asked = {name: value for name, value in (query or {}).items() if value}
        socket = self.config.status.socket
        try:
            answer = call(socket, method, path, query=asked, json=json, content=content, timeout=STORE_WITHIN)
        except NotRunning:
            answer = self._ask_store(method, path, asked, json, content)
        except ControlError as error:
            raise CommandFailed(str(error)) from None
        return _accepted(answer)

    def _ask_store(
        self, method: str, path: str, query: Mapping[str, str], json: object, content: bytes | None
    ) -> "Answer":
        from actors.ports import StoreUnavailable  # noqa: PLC0415 - as above
        from daemon.app import database  # noqa: PLC0415
        from daemon.control.errors import ControlError  # noqa: PLC0415
        from daemon.control.offline import Request, call_offline  # noqa: PLC0415
        from daemon.storage import StoreBusy  # noqa: PLC0415

        games = {name: game.protocol for name, game in self.config.games.items()}
        try:
            answer = call_offline(database(self.config), games, Request(method, path, query, json, content))
        except StoreBusy as error:
            raise CommandFailed(
                f"{error}. Nobody listens at {self.config.status.socket}: if that perkd is starting or "
                "stopping, try again in a moment"
            ) from None
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
