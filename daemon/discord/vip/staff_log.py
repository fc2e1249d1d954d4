"""Where staff read what happened: a channel of theirs, or perkd's log."""

import logging
from collections.abc import Callable, Sequence

import hikari
import trio
from attrs import define, field

from actors.vip.nonces import nonce
from actors.vip.ports import Content, FloodWait, PlanRequest, Trouble, Unreachable
from actors.vip.relay_values import Incoming
from actors.vip.words import Notice
from daemon.discord.link import DiscordLink
from daemon.discord.vip.places import OpenFile, VIPPlaces
from daemon.discord.vip.posting import FILES_WITHIN
from daemon.discord.vip.threads import DiscordThreads
from daemon.vip_relaying import PLANNER
from daemon.vip_wording import notice_words

logger = logging.getLogger("perkd.discord")

WITHIN = 15.0
"""Seconds for a note: whoever writes it has other things to do."""
WITH_FILES_WITHIN = WITHIN + FILES_WITHIN
"""Seconds for one with a message, which may have files."""
_MOST_BEGUN = 1000

_PASSING = (Unreachable, FloodWait, trio.TooSlowError)


@define(eq=False)
class DiscordStaffLog:
    """See `actors.vip.ports.StaffLog`. What can't be posted is in the log, without what others wrote."""

    _link: DiscordLink
    _places: Callable[[], VIPPlaces]
    _open_file: OpenFile
    within: float = WITHIN
    with_files_within: float = WITH_FILES_WITHIN
    _messages: DiscordThreads = field(init=False)
    _in_trouble: bool = field(default=False, init=False)
    _count: int = field(default=0, init=False)
    _begun: dict[str, int] = field(factory=dict, init=False)
    """By name: how many messages of a note are posted already."""

    def __attrs_post_init__(self) -> None:
        # A channel takes messages as a thread does.
        self._messages = DiscordThreads(self._link, self._places, self._open_file)

    async def note(self, notice: Notice, body: object = None, name: str = "") -> bool:
        """See `StaffLog.note`."""
        channel = self._places().log_channel
        within = self.within if body is None else self.with_files_within
        if not channel:
            logger.info("For the staff: %s", notice_words(notice).text)
            return True
        if not name:
            self._count += 1
            name = f"{id(self)} {self._count} {trio.current_time()}"
        try:
            with trio.fail_after(within):
                await self._post(channel, _contents(notice, body), name)
        except (Trouble, hikari.HTTPError, trio.TooSlowError) as error:
            self._failed(channel, str(error) or f"Discord took longer than {within:g} s")
            if body is not None and isinstance(error, _PASSING):
                return False
            logger.info("For the staff: %s", notice_words(notice).text)
        else:
            self._succeeded(channel)
        self._begun.pop(name, None)
        return True

    async def _post(self, channel: str, contents: Sequence[Content], name: str) -> None:
        if len(self._begun) > _MOST_BEGUN:
            self._begun.pop(next(iter(self._begun)))
        for number in range(self._begun.get(name, 0), len(contents)):
            await self._messages.send(channel, contents[number], nonce("staff", name, number))
            self._begun[name] = number + 1

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
