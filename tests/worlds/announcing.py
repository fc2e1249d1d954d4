"""An announcer over a store and a paper board, whose lives can be ended at any step."""

import itertools
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import trio
from attrs import define, evolve, field

from actors.giftcodes.announcer import AnnouncerActor, AnnouncerNumbers, AnnouncerPorts, AnnouncerStatus
from actors.giftcodes.announcing_messages import CodesChanged, CodesMoved
from actors.giftcodes.campaign_messages import ProgressOf
from actors.giftcodes.model import Channel, Code, CodeKey, Guild, Post
from actors.ports import Change, Position, Progress, Put, StoreUnavailable
from daemon.clock import SteadyClock
from daemon.storage.memory import MemoryStore
from supervision import Actor, ActorRef, ActorSpec, Backoff, SupervisorSpec, Tree
from tests.worlds.paper_board import PaperBoard

SNOW = Code("wos", "SNOW", first_seen=10.0)
WAITING, DONE = Progress(total=3, waiting=3), Progress(total=3, redeemed=3)


class SteppingStore(MemoryStore):
    """Tells each step of a commit; `refusing` makes commits fail."""

    step: Callable[[str], None] | None = None
    refusing: bool = False
    """Commits fail; what is stored can be read."""

    async def commit(self, *changes: Change) -> Position:
        await self._step("before commit")
        if self.refusing:
            raise StoreUnavailable("the store takes nothing (switched by the test)")
        position = await super().commit(*changes)
        await self._step("after commit")
        return position

    async def _step(self, name: str) -> None:
        await trio.lowlevel.checkpoint()
        if self.step is not None:
            self.step(name)
            await trio.lowlevel.checkpoint()  # a crash that was ordered comes here


@define(eq=False)
class Teller(Actor):
    """Stands in for the campaign."""

    _desk: "NewsRig"

    async def receive(self, message: object) -> object:
        match message:
            case ProgressOf(key, guild):
                self._desk.asked.append((key, guild))
                if self._desk.teller_crashes:
                    raise ZeroDivisionError("ordered by the test")
                return self._desk.progress.get((key, guild), self._desk.otherwise)
            case _:
                return await Actor.receive(self, message)


@define(eq=False)
class NewsRig:
    """What a test works with."""

    clock: SteadyClock = field(factory=SteadyClock)
    store: SteppingStore = field(init=False)
    board: PaperBoard = field(init=False)
    progress: dict[tuple[CodeKey, str], Progress] = field(factory=dict)
    otherwise: Progress | None = WAITING
    asked: list[tuple[CodeKey, str]] = field(factory=list)
    teller_crashes: bool = False
    deletions: Counter[str] = field(factory=Counter)
    """Channel → announcements that somebody deleted."""
    tree: Tree | None = None
    life: trio.CancelScope | None = None
    _nonces: "itertools.count[int]" = field(factory=lambda: itertools.count(1))

    def __attrs_post_init__(self) -> None:
        self.store, self.board = SteppingStore(self.clock.now), PaperBoard(self.clock)

    @property
    def announcer(self) -> ActorRef:
        assert self.tree is not None
        return self.tree.ref("announcer")

    async def numbers(self) -> AnnouncerNumbers:
        answer = await self.announcer.ask(AnnouncerStatus())
        assert isinstance(answer, AnnouncerNumbers)
        return answer

    async def add(self, *records: Guild | Code) -> None:
        """These are stored, and the announcer told."""
        await self.store.commit(*map(Put, records))
        self.changed()

    def move(self, guild: str, progress: Progress, code: Code = SNOW) -> None:
        """The code stands elsewhere for the guild's players now."""
        self.progress[code.code_key, guild] = progress
        if self.tree is not None:
            self.announcer.tell(CodesMoved(frozenset({(code.code_key, guild)})))

    def changed(self) -> None:
        """The announcer is told that codes or guilds have changed."""
        if self.tree is not None:
            self.announcer.tell(CodesChanged())

    def posts(self) -> list[Post]:
        return self.store.backend.find(Post)

    def kill(self) -> None:
        """As `kill -9`: this life ends at its next wait."""
        assert self.life is not None
        self.life.cancel()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Tree]:
        """One life of the process; ends in order, or with `kill`."""
        children = [
            ActorSpec("campaign", lambda: Teller(self), backoff=Backoff(min=0.5)),
            ActorSpec("announcer", self._announcer, backoff=Backoff(min=0.5)),
        ]
        self.tree = Tree(SupervisorSpec("perkd", children, intensity=1000, period=1.0))
        try:
            with trio.CancelScope() as self.life:
                async with trio.open_nursery() as nursery:
                    await nursery.start(self.tree.run)
                    yield self.tree
                    self.tree.stop()
        finally:
            self.tree = self.life = None

    def _announcer(self) -> Actor:
        assert self.tree is not None
        campaign = self.tree.ref("campaign")
        return AnnouncerActor(
            AnnouncerPorts(self.board, self.store, self.clock, campaign, lambda: f"n{next(self._nonces)}")
        )


def a_guild(id_: str = "g", *channels: str, **changes: object) -> Guild:
    """A guild with these channels (default: one, named as the guild), whose setter-up is `ann`."""
    made = tuple(Channel(name, 0.0, by="ann") for name in channels or (id_,))
    return evolve(Guild(id_, id_.upper(), channels=made), **changes)
