"""The state of a message, shown by one reaction of the bot's."""

from collections import OrderedDict

import hikari
from attrs import define, field

from actors.vip.ports import Mark
from daemon.discord.vip.asking import UNKNOWN_EMOJI, Asking

REACTIONS = {Mark.WAITING: "🕓", Mark.SENT: "✅", Mark.FAILED: "❌"}
_REMEMBERED = 2000


@define(eq=False)
class Marking:
    """Puts the new reaction, then takes the older ones away: there is always one to be seen."""

    _asking: Asking
    _shown: "OrderedDict[tuple[str, str], Mark]" = field(factory=OrderedDict)
    """What this life has put on the last messages."""

    async def show(self, thread: str, message: str, mark: Mark, guild: str) -> None:
        """Show the mark, and no other. Raises the port's errors."""
        place = (thread, message)
        known = self._shown.pop(place, None)
        await self._asking(lambda rest: _change(rest, int(thread), int(message), mark, known), guild=guild)
        self._shown[place] = mark
        if len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)


async def _change(
    rest: hikari.api.RESTClient, thread: int, message: int, mark: Mark, known: Mark | None
) -> None:
    older = {known} if known is not None else await _present(rest, thread, message)
    if mark not in older:
        await rest.add_reaction(thread, message, REACTIONS[mark])
    for one in sorted(older - {mark}):
        try:
            await rest.delete_my_reaction(thread, message, REACTIONS[one])
        except (hikari.NotFoundError, hikari.BadRequestError) as error:
            if error.code != UNKNOWN_EMOJI:
                raise


async def _present(rest: hikari.api.RESTClient, thread: int, message: int) -> set[Mark]:
    """The marks that an earlier life has put there."""
    found = await rest.fetch_message(thread, message)
    ours = {str(one.emoji) for one in found.reactions if one.is_me}
    return {mark for mark, emoji in REACTIONS.items() if emoji in ours}
