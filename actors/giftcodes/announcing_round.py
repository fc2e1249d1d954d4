"""Reading what is stored, and deriving what is owed: live codes × channels − complete posts."""

import logging
import math
from collections.abc import Iterable

import trio
from attrs import define, evolve, field

from actors.giftcodes.announcing_desks import EDIT_EVERY, Desk, Outlet, oldest_first
from actors.giftcodes.announcing_journal import Journal
from actors.giftcodes.announcing_kept import Posts
from actors.giftcodes.announcing_messages import CodesMoved
from actors.giftcodes.announcing_ports import AnnouncerPorts
from actors.giftcodes.announcing_progress import ProgressReader, shows_state
from actors.giftcodes.announcing_told import is_pending
from actors.giftcodes.announcing_troubles import Troubles
from actors.giftcodes.model import TERMINAL_GUILD, Channel, Code, CodeKey, CodeState, Guild, Post
from actors.ports import Put

logger = logging.getLogger("perkd.announcer")

FINISHED = 7 * 86400.0
"""Seconds after its end from which on a code's messages are left as they are."""
IN_ONE_GO = 500
"""Messages looked through before others have a turn."""


@define(eq=False)
class Office:
    """All desks, the most urgent guild first, and the codes that matter."""

    _ports: AnnouncerPorts
    _posts: Posts
    _journal: Journal
    _troubles: Troubles
    _progress: ProgressReader
    desks: dict[str, Desk] = field(factory=dict)
    codes: dict[CodeKey, Code] = field(factory=dict)
    _guilds: list[Guild] = field(factory=list)
    _born: float = 0.0
    _looked: int = 0

    async def read(self) -> None:
        """Take over codes, guilds and posts. Raises `StoreUnavailable`; nothing changes then."""
        store, now = self._ports.store, self._ports.clock.now()
        self._born = self._born or now
        await self._troubles.load()
        guilds = await self._find_guilds()
        codes = {code.code_key: _plain(code) for code in await store.find(Code) if _matters(code, now)}
        for key in codes:
            if key not in self._posts:
                self._posts.load(key, await store.find(Post, game=key.game, code=key.code))
        self._posts.keep_only(set(codes))
        changed = [code for key, code in codes.items() if self.codes.get(key) != code]
        if not changed and codes.keys() == self.codes.keys() and guilds == self._guilds:
            return
        self.codes, self._guilds = codes, guilds
        live = oldest_first([code for code in codes.values() if code.state is CodeState.LIVE])
        await self._take_over(guilds, live, changed)

    async def mark(self, news: CodesMoved) -> None:
        """Note which messages have to be looked at."""
        if news.everything:
            self._progress.forget_all()
        for key, guild in news.pairs:
            code, desk = self.codes.get(key), self.desks.get(guild)
            self._progress.forget(key)
            if code is not None and desk is not None:
                await self._look([code], desk, moved=True)
        live = [code for code in self.codes.values() if code.state is CodeState.LIVE]
        for desk in list(self.desks.values()):
            if news.everything or desk.guild.id in news.guilds:
                await self._look(live, desk)

    async def _find_guilds(self) -> list[Guild]:
        """The guilds, the most urgent first. Before any is set up there is one: the terminal."""
        guilds = await self._ports.store.find(Guild)
        if not guilds:
            terminal = Guild(TERMINAL_GUILD, "Terminal", channels=(Channel(TERMINAL_GUILD, since=0.0),))
            await self._ports.store.commit(Put(terminal))
            guilds = [terminal]
        return sorted(guilds, key=lambda guild: -guild.priority)

    async def _take_over(self, guilds: list[Guild], live: list[Code], changed: list[Code]) -> None:
        desks = {guild.id: self.desks.get(guild.id) or Desk(guild) for guild in guilds}
        for id_, desk in self.desks.items():
            if id_ not in desks and desk.busy_since is not None:
                desk.outlets = {}  # its guild is gone; what is being done there is the last
                desks[id_] = desk
        self.desks = desks
        with_posts = [(code.code_key, code, self._posts.of(code.code_key)) for code in live]
        for guild in guilds:
            desk = desks[guild.id]
            looks_other = (desk.guild.auto_redeem, desk.guild.paused) != (guild.auto_redeem, guild.paused)
            self._set_guild(desk, guild)
            for outlet in desk.outlets.values():
                outlet.derive(with_posts)
                outlet.keep_only(self.codes, self._ports.clock.now())
            self._say_found(desk)
            await trio.lowlevel.checkpoint()
            await self._look([*changed, *live] if looks_other else changed, desk)
        self._troubles.take_over(outlet for desk in desks.values() for outlet in desk.outlets.values())

    def _set_guild(self, desk: Desk, guild: Guild) -> None:
        desk.guild = guild
        outlets = {}
        for channel in guild.channels:
            outlet = desk.outlets.get(channel.id)
            if outlet is None:
                outlet = Outlet(guild, channel, self._born + EDIT_EVERY)
            elif outlet.channel != channel:
                outlet.recovered()  # somebody set it up anew
                self._troubles.forget(outlet)
            outlet.guild, outlet.channel = guild, channel
            outlets[channel.id] = outlet
        desk.outlets = outlets

    def _say_found(self, desk: Desk) -> None:
        owed = {key: code for outlet in desk.outlets.values() for key, code in outlet.owed.items()}
        new = [code for key, code in owed.items() if (key, code.activation) not in desk.said]
        if new:
            desk.said = {said for said in desk.said if said[0] in self.codes}
            desk.said.update((code.code_key, code.activation) for code in new)
            names = [code.code for code in new]
            extra = {"guild": desk.guild.id, "codes": names}
            text = "Found %d new codes for guild %s: [%s]"
            logger.info(text, len(names), desk.guild.id, ", ".join(names), extra=extra)

    async def _look(self, codes: Iterable[Code], desk: Desk, *, moved: bool = False) -> None:
        now = self._ports.clock.now()
        for outlet in list(desk.outlets.values()):
            for code in codes:
                if self._may_differ(outlet, code, moved=moved):
                    outlet.look(code.code_key, now)
                self._looked += 1
                if not self._looked % IN_ONE_GO:
                    await trio.lowlevel.checkpoint()

    def _may_differ(self, outlet: Outlet, code: Code, *, moved: bool) -> bool:
        post = self._posts.about(code, outlet.guild.id, outlet.channel.id)
        if post is None or post.at is None or not post.message:
            return False
        if moved or code.state is CodeState.LIVE or not shows_state(post.shown, code):
            return True
        return is_pending(self._posts.told(code, outlet.guild.id), code, self._ports.clock.now())


def _plain(code: Code) -> Code:
    """The code without what no message shows, and changes day by day."""
    return code if code.canary_at is None else evolve(code, canary_at=None, canary="")


def _matters(code: Code, now: float) -> bool:
    return code.state is CodeState.LIVE or now - (code.ended_at or -math.inf) < FINISHED
