"""The terminal as a guild's channel: where codes are posted before Discord is set up."""

import logging
from contextlib import suppress
from datetime import UTC, datetime

import trio

from actors.giftcodes.model import Channel, Code, Guild

logger = logging.getLogger("perkd.terminal")


class TerminalBoard:
    """The `Board` port over the log: a post is a line that says what a member would read."""

    async def post(self, guild: Guild, channel: Channel, code: Code) -> None:
        """Print the announcement. A terminal is always there, so this can't fail."""
        await trio.lowlevel.checkpoint()
        extra = {"guild": guild.id, "channel": channel.id, "game": code.game, "code": code.code}
        logger.info("📣 [%s] %s%s", code.game, code.code, _details(code), extra=extra)


def _details(code: Code) -> str:
    parts = [f"from {code.source}"] if code.source else []
    # Sources write what they like: a date beyond the calendar is none.
    with suppress(ValueError, OverflowError, OSError):
        if code.expires is not None:
            parts.append(f"until {datetime.fromtimestamp(code.expires, UTC):%d %B %Y, %H:%M} UTC")
    return f" ({', '.join(parts)})" if parts else ""
