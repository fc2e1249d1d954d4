"""Who wrote what Discord's history has: there, messages don't tell their authors' roles and names here."""

from collections import OrderedDict

import hikari
import trio
from attrs import define, field

from actors.vip.ports import Gone
from daemon.discord.vip.asking import Asking
from daemon.discord.vip.thread_messages import Author, member_roles

FRESH = 60.0
"""Seconds in which a member's roles are not asked for again."""
_MOST = 1000


@define(eq=False)
class Authors:
    """Members, asked of Discord."""

    _asking: Asking
    _known: "OrderedDict[tuple[str, str], tuple[float, Author]]" = field(factory=OrderedDict)

    async def author(self, guild: str, member: str) -> Author:
        """The ids of the member's roles, and the name in this server; one who has left has neither."""
        known = self._known.get((guild, member))
        if known is not None and trio.current_time() - known[0] < FRESH:
            return known[1]

        async def ask(rest: hikari.api.RESTClient) -> Author:
            found = await rest.fetch_member(int(guild), int(member))
            return Author(member_roles(found), found.display_name)

        try:
            found = await self._asking(ask, guild=guild)
        except Gone:
            found = Author()
        self._known[guild, member] = trio.current_time(), found
        self._known.move_to_end((guild, member))
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return found
