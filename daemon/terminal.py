"""The terminal as a guild's channel: where codes are posted before Discord is set up."""

import logging
from contextlib import suppress
from datetime import UTC, datetime

import trio

from actors.giftcodes.model import Channel, Code, Guild
from actors.ports import Announcement, Mention

logger = logging.getLogger("perkd.terminal")


class TerminalBoard:
    """The `Board` port over the log: a post is a line that says what a member would read."""

    async def post(self, guild: Guild, channel: Channel, announcement: Announcement, nonce: str) -> str:  # noqa: ARG002 - the port's
        """Print the announcement. A terminal is always there, so this can't fail."""
        await trio.lowlevel.checkpoint()
        code = announcement.code
        extra = {"guild": guild.id, "channel": channel.id, "game": code.game, "code": code.code}
        logger.info("📣 [%s] %s%s", code.game, code.code, _details(code), extra=extra)
        return ""

    async def edit(self, guild: Guild, channel: Channel, message: str, announcement: Announcement) -> None:
        """Do nothing: what was printed stays, and the log tells the progress."""

    async def find(
        self,
        guild: Guild,  # noqa: ARG002 - the port's
        channel: Channel,  # noqa: ARG002
        sought: Announcement | Mention,  # noqa: ARG002
        since: float,  # noqa: ARG002
    ) -> str | None:
        """Nothing is found in what was printed."""
        await trio.lowlevel.checkpoint()
        return None

    async def mention(self, guild: Guild, channel: Channel, message: str, news: Mention, nonce: str) -> str:  # noqa: ARG002 - the port's
        """Nobody is there to be mentioned."""
        await trio.lowlevel.checkpoint()
        return ""

    async def alert(self, guild: Guild, member: str, text: str) -> None:
        """Say it in the log."""
        await trio.lowlevel.checkpoint()
        logger.warning("%s", text, extra={"guild": guild.id, "member": member})


def _details(code: Code) -> str:
    parts = [f"from {code.source}"] if code.source else []
    # Sources write what they like: a date beyond the calendar is none.
    with suppress(ValueError, OverflowError, OSError):
        if code.expires is not None:
            parts.append(f"until {datetime.fromtimestamp(code.expires, UTC):%d %B %Y, %H:%M} UTC")
    return f" ({', '.join(parts)})" if parts else ""
