"""Which board a guild's codes are posted to: the terminal's, Discord's, or a plugged-in one.

The guilds of a plugged-in board have its name before a colon, as `matrix:friends`; a server at Discord is a
number, and the terminal is called so.
"""

from collections.abc import Callable, Mapping
from typing import cast

from attrs import define, field, frozen

from actors.giftcodes.model import TERMINAL_GUILD, Channel, Guild
from actors.ports import Announcement, Board, Mention, PostError
from daemon.config import Config
from daemon.plugins import BOARDS, Wanted
from daemon.secrets import Secret, load_secret

_METHODS = (
    "post(guild, channel, announcement, nonce)",
    "edit(guild, channel, message, announcement)",
    "find(guild, channel, announcement, since)",
    "mention(guild, channel, message, news, nonce)",
    "alert(guild, member, text)",
)


@frozen
class BoardSettings:
    """A `[boards.NAME]` table: what a plug-in's factory is called with."""

    name: str
    url: str
    secret: Secret | None = None


def load_boards(config: Config, heard: Callable[[str], None] = lambda _: None) -> dict[str, Board]:
    """The plugged-in boards of `[boards.…]`, by name.

    Args:
        config: the configuration.
        heard: told each secret, so that it is kept out of the log.

    Raises:
        PluginError: a board can't be had.
        SecretError: a secret can't be read.
    """
    return {name: _load_board(config, name, heard) for name in config.boards}


def _load_board(config: Config, name: str, heard: Callable[[str], None]) -> Board:
    table = config.boards[name]
    secret = load_secret(table.token_env or None)
    if secret is not None:
        heard(secret.reveal())
    wanted = Wanted(BOARDS, name, f"[boards.{name}]", "board")
    return cast(Board, wanted.load(BoardSettings(name, table.url, secret), methods=_METHODS))


@define(eq=False)
class RoutedBoard:
    """The `Board` port over several. A guild of a board that is not there any more stays owed its codes."""

    terminal: Board
    discord: Board
    plugged: Mapping[str, Board] = field(factory=dict)

    def _of(self, guild: Guild) -> Board:
        if guild.id == TERMINAL_GUILD:
            return self.terminal
        name, colon, _ = guild.id.partition(":")
        if not colon:
            return self.discord
        if name not in self.plugged:
            raise PostError(f"guild {guild.id}: there is no [boards.{name}] in the configuration")
        return self.plugged[name]

    async def post(self, guild: Guild, channel: Channel, announcement: Announcement, nonce: str) -> str:
        """Announce the code where the guild is."""
        return _id(await self._of(guild).post(guild, channel, announcement, nonce))

    async def edit(self, guild: Guild, channel: Channel, message: str, announcement: Announcement) -> None:
        """Show the announcement in a message that was posted there."""
        await self._of(guild).edit(guild, channel, message, announcement)

    async def find(
        self, guild: Guild, channel: Channel, sought: Announcement | Mention, since: float
    ) -> str | None:
        """Our message there."""
        return await self._of(guild).find(guild, channel, sought, since)

    async def mention(self, guild: Guild, channel: Channel, message: str, news: Mention, nonce: str) -> str:
        """Tell members there what came of the code."""
        return _id(await self._of(guild).mention(guild, channel, message, news, nonce))

    async def alert(self, guild: Guild, member: str, text: str) -> None:
        """Tell the member there what has gone wrong."""
        await self._of(guild).alert(guild, member, text)


def _id(answer: object) -> str:
    """A message's id. A plugged-in board may return anything: what was posted is posted."""
    return answer if isinstance(answer, str) else ""
