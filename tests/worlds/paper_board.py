"""A board that behaves as Discord does, and remembers everything."""

import itertools
from collections.abc import Callable

import trio
from attrs import define, field

from actors.giftcodes.model import Channel, Guild
from actors.ports import (
    MENTIONED_AT_ONCE,
    Announcement,
    ChannelGone,
    Clock,
    Mention,
    MessageGone,
    MessageRefused,
    PostError,
)
from daemon.clock import SteadyClock
from daemon.terminal import TerminalBoard

NONCE_KEPT = 120.0


@define
class PaperMessage:
    """A message as it is in its channel."""

    id: str
    guild: str
    channel: str
    announcement: Announcement
    at: float
    nonce: str
    mention: Mention | None = None
    edits: list[float] = field(factory=list)
    deleted: bool = False

    @property
    def about(self) -> tuple[str, str, int]:
        code = self.announcement.code
        return (self.channel, code.code, code.activation)


@define
class PaperBoard(TerminalBoard):
    """Keeps messages; the same nonce within two minutes makes no second one.

    `down` makes everything fail, `refused` what goes to some channels; `gone` are channels that are away.
    """

    clock: Clock = field(factory=SteadyClock)
    messages: list[PaperMessage] = field(factory=list)
    down: bool = False
    refused: set[str] = field(factory=set)
    gone: set[str] = field(factory=set)
    muted: set[str] = field(factory=set)
    """Channels that take no new messages; those that are there can be edited."""
    slow: dict[str, float] = field(factory=dict)
    """Channel → seconds it takes to answer."""
    lost: set[str] = field(factory=set)
    """Channels that do what is asked, but whose answers do not arrive."""
    poison: set[str] = field(factory=set)
    """Codes whose messages are a fault of the program."""
    unfit: set[str] = field(factory=set)
    """Codes whose messages the board does not take."""
    alerts: list[tuple[str, str, str]] = field(factory=list)
    deaf: set[str] = field(factory=set)
    """Members who can't be told anything."""
    calls: list[tuple[str, str, float]] = field(factory=list)
    """(what, channel, when), also those that failed."""
    after: Callable[[], None] | None = None
    """Done when a post has succeeded, before its poster hears of it."""
    step: Callable[[str], None] | None = None
    """Told each step of a call: `before post`, `after edit` …"""
    _ids: "itertools.count[int]" = field(factory=lambda: itertools.count(1))

    @property
    def posted(self) -> list[tuple[str, str, str]]:
        """(guild, channel, code) of every announcement ever made."""
        return [(m.guild, m.channel, m.announcement.code.code) for m in self.messages if m.mention is None]

    def live(self, channel: str, code: str, activation: int = 1) -> list[PaperMessage]:
        """The announcements that are there now."""
        wanted = (channel, code, activation)
        return [m for m in self.messages if m.about == wanted and m.mention is None and not m.deleted]

    @property
    def mentions(self) -> list[PaperMessage]:
        return [message for message in self.messages if message.mention is not None]

    async def post(self, guild: Guild, channel: Channel, announcement: Announcement, nonce: str) -> str:
        await self._reach("post", channel)
        self._refuse(announcement)
        made = self._make(guild, channel, announcement, nonce)
        if self.after is not None:
            self.after()
        return await self._answer("post", channel, made)

    async def edit(self, guild: Guild, channel: Channel, message: str, announcement: Announcement) -> None:
        await self._reach("edit", channel)
        self._refuse(announcement)
        found = [m for m in self.messages if m.id == message and m.channel == channel.id and not m.deleted]
        if not found:
            raise MessageGone("the message is not there")
        found[0].announcement = announcement
        found[0].edits.append(self.clock.now())
        await self._answer("edit", channel, message)

    async def find(
        self, guild: Guild, channel: Channel, sought: Announcement | Mention, since: float
    ) -> str | None:
        await self._reach("find", channel)
        if isinstance(sought, Mention):
            code, members = sought.announcement.code.code, set(sought.members)
            about = [m for m in self.mentions if m.about[:2] == (channel.id, code)]
            found = [m for m in about if m.mention is not None and members & set(m.mention.members)]
        else:
            found = self.live(channel.id, sought.code.code, sought.code.activation)
        ids = [message.id for message in found if message.at >= since]
        await self._answer("find", channel, "")
        return ids[0] if ids else None

    async def mention(self, guild: Guild, channel: Channel, message: str, news: Mention, nonce: str) -> str:
        assert 0 < len(news.members) <= MENTIONED_AT_ONCE
        await self._reach("mention", channel)
        made = self._make(guild, channel, news.announcement, nonce, news)
        return await self._answer("mention", channel, made)

    async def alert(self, guild: Guild, member: str, text: str) -> None:
        await trio.lowlevel.checkpoint()
        self.calls.append(("alert", member, self.clock.now()))
        if member in self.deaf:
            raise PostError("the member can't be told anything")
        if "members" in self.poison:
            raise ZeroDivisionError("poison")
        self.alerts.append((guild.id, member, text))

    def delete(self, message: PaperMessage) -> None:
        """Somebody deletes it."""
        message.deleted = True

    def _make(
        self,
        guild: Guild,
        channel: Channel,
        announcement: Announcement,
        nonce: str,
        news: Mention | None = None,
    ) -> str:
        assert len(nonce) <= 25
        now = self.clock.now()
        same = [m for m in self.messages if m.channel == channel.id and m.nonce == nonce != ""]
        if same and now - same[0].at < NONCE_KEPT:
            return same[0].id
        made = PaperMessage(str(next(self._ids)), guild.id, channel.id, announcement, now, nonce, news)
        self.messages.append(made)
        return made.id

    def _refuse(self, announcement: Announcement) -> None:
        if announcement.code.code in self.poison:
            raise ZeroDivisionError("poison")
        if announcement.code.code in self.unfit:
            raise MessageRefused("the message is unfit")

    async def _reach(self, what: str, channel: Channel) -> None:
        self.calls.append((what, channel.id, self.clock.now()))
        await self._step(f"before {what}")
        if channel.id in self.slow:
            await trio.sleep(self.slow[channel.id])
        if self.down or channel.id in self.refused:
            raise PostError("the channel does not answer")
        if channel.id in self.gone:
            raise ChannelGone("the channel is not there")
        if channel.id in self.muted and what in {"post", "mention"}:
            raise ChannelGone("perkd lacks Send Messages there")

    async def _answer(self, what: str, channel: Channel, answer: str) -> str:
        await self._step(f"after {what}")
        if channel.id in self.lost:
            raise PostError("the answer was lost")
        return answer

    async def _step(self, name: str) -> None:
        await trio.lowlevel.checkpoint()
        if self.step is not None:
            self.step(name)
            await trio.lowlevel.checkpoint()  # a crash that was ordered comes here
