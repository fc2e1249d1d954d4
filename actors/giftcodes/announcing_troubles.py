"""Channels that can't be posted to: who can mend it is told once, and operators see it."""

import logging
from collections.abc import Iterable

from attrs import define, evolve, field

from actors.giftcodes.announcing_desks import Outlet
from actors.giftcodes.announcing_journal import Journal
from actors.giftcodes.announcing_ports import AnnouncerPorts, in_time
from actors.giftcodes.model import ChannelTrouble, CodeKey
from actors.ports import BoardAway, ChannelGone, Delete, MessageRefused, PostError, Put

logger = logging.getLogger("perkd.announcer")

ALERTS = 3
"""How often it is tried, in one life, to tell who set the channel up."""


@define(eq=False)
class Troubles:
    """Knows what fails, and since when."""

    _ports: AnnouncerPorts
    _journal: Journal
    _known: dict[str, ChannelTrouble] = field(factory=dict)
    _loaded: bool = False
    _outages: dict[str, set[str]] = field(factory=dict)
    """Reason → the outlets that fail for it: an outage is spoken of once, not by each of a hundred."""

    async def load(self) -> None:
        """Read what is known from earlier lives. Raises `StoreUnavailable`."""
        if not self._loaded:
            found = await self._ports.store.find(ChannelTrouble)
            self._known = {trouble.key: trouble for trouble in found}
            self._loaded = True

    def take_over(self, outlets: Iterable[Outlet]) -> None:
        """These outlets are all there are: what is known of others is over."""
        known, self._known = self._known, {}
        for outlet in outlets:
            if outlet.trouble is None:
                outlet.trouble = known.get(outlet.key)
            if outlet.trouble is not None:
                self._known[outlet.key] = outlet.trouble
        for key in known.keys() - self._known.keys():
            self._journal.note(Delete(ChannelTrouble, key))

    @property
    def count(self) -> int:
        """How many channels a person has to mend."""
        return len(self._known)

    async def failed(self, outlet: Outlet, failure: PostError) -> None:
        """A channel could not be posted to. Raises `StoreUnavailable`; nothing is lost then."""
        gone = isinstance(failure, ChannelGone)
        self._forget_outage(outlet)
        others = self._outages.setdefault(str(failure), set())
        speak = outlet.reason != str(failure) and not others and not gone
        others.add(outlet.key)
        outlet.failed(str(failure), self._ports.clock.now(), gone=gone)
        if isinstance(failure, BoardAway):
            level = logging.INFO if speak else logging.DEBUG
            logger.log(level, "What is to be posted waits: %s", failure)
            return
        extra = {"guild": outlet.guild.id, "channel": outlet.channel.id}
        text = "Could not post to %s of guild %s: %s; it is tried again"
        level = logging.WARNING if speak else logging.DEBUG
        logger.log(level, text, outlet.channel.id, outlet.guild.id, failure, extra=extra)
        if gone:
            await self._trouble(outlet, str(failure))

    def fault(self, outlet: Outlet, key: CodeKey, fault: Exception) -> None:
        """A message could not be made, by its own fault or the program's: told loudly, and set aside.

        It is tried less and less often, and holds up no other.
        """
        extra = {"guild": outlet.guild.id, "channel": outlet.channel.id}
        refused = isinstance(fault, MessageRefused)
        reason = str(fault) if refused else f"perkd failed at the message about {key.code}: see its log"
        is_new = outlet.put_aside(key, reason, self._ports.clock.now())
        text = "❌ The message about %s in %s of guild %s could not be made, it is set aside for a while: %s"
        level, trace = logging.ERROR if is_new else logging.DEBUG, None if refused else fault
        words = (key.code, outlet.channel.id, outlet.guild.id, reason)
        logger.log(level, text, *words, extra=extra, exc_info=trace)

    def works(self, outlet: Outlet) -> None:
        """A channel was posted to."""
        if outlet.failures or outlet.trouble is not None:
            extra = {"guild": outlet.guild.id, "channel": outlet.channel.id}
            text = "%s of guild %s can be posted to again"
            level = logging.DEBUG if outlet.trouble is None else logging.INFO
            logger.log(level, text, outlet.channel.id, outlet.guild.id, extra=extra)
        self._forget_outage(outlet)
        outlet.recovered()
        self.forget(outlet)

    def forget(self, outlet: Outlet) -> None:
        """What is known of the channel's trouble is over: should there be any again, that is told again."""
        if outlet.trouble is not None:
            outlet.trouble = None
            self._known.pop(outlet.key, None)
            self._journal.note(Delete(ChannelTrouble, outlet.key))

    def _forget_outage(self, outlet: Outlet) -> None:
        others = self._outages.get(outlet.reason)
        if others is not None:
            others.discard(outlet.key)
            if not others:
                del self._outages[outlet.reason]

    async def _trouble(self, outlet: Outlet, reason: str) -> None:
        known = outlet.trouble
        if known is None or known.reason != reason:
            now = self._ports.clock.now()
            text = "❌ Codes can't be posted: %s; the channel's setting is kept, and it is tried again"
            extra = {"guild": outlet.guild.id, "channel": outlet.channel.id}
            logger.error(text, _with_place(outlet, reason), extra=extra)
            fresh = ChannelTrouble(outlet.guild.id, outlet.channel.id, reason, since=now)
            self._note(outlet, fresh if known is None else evolve(known, reason=reason))
        await self._journal.flush()
        await self._alert(outlet, reason)

    async def _alert(self, outlet: Outlet, reason: str) -> None:
        trouble, member = outlet.trouble, outlet.channel.by
        if trouble is None or trouble.told_at is not None or not member or outlet.alerts >= ALERTS:
            return
        outlet.alerts += 1
        text = (
            f"I can't post gift codes any more: {_with_place(outlet, reason)}. "
            "The channel's setting is kept, and I go on trying now and then."
        )
        try:
            await in_time(self._ports.board.alert(outlet.guild, member, text))
        except PostError as failure:
            left = ALERTS - outlet.alerts
            level = logging.DEBUG if left else logging.WARNING
            logger.log(level, "Could not tell %s of that: %s", member, failure)
            return
        except Exception:
            logger.exception("Could not tell %s of that", member)  # posting to the others must go on
            return
        self._note(outlet, evolve(trouble, told_at=self._ports.clock.now()))
        await self._journal.flush()

    def _note(self, outlet: Outlet, trouble: ChannelTrouble) -> None:
        outlet.trouble = self._known[outlet.key] = trouble
        self._journal.note(Put(trouble))


def _with_place(outlet: Outlet, reason: str) -> str:
    """The reason, with the channel where it does not name it itself."""
    named = outlet.channel.id in reason
    return reason if named else f"channel {outlet.channel.id} of {outlet.guild.name}: {reason}"
