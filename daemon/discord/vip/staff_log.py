"""Where staff read what happened: a channel of theirs, or perkd's log."""

import logging
from collections.abc import Callable

import hikari
import trio
from attrs import define, field

from actors.vip.nonces import nonce
from actors.vip.ports import Content, PlanRequest, Trouble
from actors.vip.relay_values import Incoming
from actors.vip.words import Notice
from daemon.discord.link import DiscordLink
from daemon.discord.vip.places import OpenFile, VIPPlaces
from daemon.discord.vip.threads import DiscordThreads
from daemon.vip_relaying import PLANNER
from daemon.vip_wording import notice_words

logger = logging.getLogger("perkd.discord")

WITHIN = 15.0
"""Seconds for a note: whoever writes it has other things to do."""


@define(eq=False)
class DiscordStaffLog:
    """See `actors.vip.ports.StaffLog`. What can't be posted is in the log, without what others wrote."""

    _link: DiscordLink
    _places: Callable[[], VIPPlaces]
    _open_file: OpenFile
    within: float = WITHIN
    _messages: DiscordThreads = field(init=False)
    _in_trouble: bool = field(default=False, init=False)
    _count: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        # A channel takes messages as a thread does.
        self._messages = DiscordThreads(self._link, self._places, self._open_file)

    async def note(self, notice: Notice, body: object = None) -> None:
        """See `StaffLog.note`."""
        channel = self._places().log_channel
        if not channel:
            logger.info("For the staff: %s", notice_words(notice).text)
            return
        try:
            with trio.fail_after(self.within):
                for content in _contents(notice, body):
                    self._count += 1
                    name = nonce("staff", id(self), self._count, trio.current_time())
                    await self._messages.send(channel, content, name)
        except (Trouble, hikari.HTTPError, trio.TooSlowError) as error:
            self._failed(channel, str(error) or f"Discord took longer than {self.within:g} s")
            logger.info("For the staff: %s", notice_words(notice).text)
        else:
            self._succeeded(channel)

    def _failed(self, channel: str, reason: str) -> None:
        """Said once, until it works again."""
        if not self._in_trouble:
            logger.warning("The staff's channel %s can't be written to: %s", channel, reason)
        self._in_trouble = True

    def _succeeded(self, channel: str) -> None:
        if self._in_trouble:
            logger.info("The staff's channel %s is written to again", channel)
        self._in_trouble = False


def _contents(notice: Notice, body: object) -> list[Content]:
    said = [Content.say(notice)]
    if isinstance(body, Incoming):
        said.extend(PLANNER.to_thread(PlanRequest(body)))
    return said
