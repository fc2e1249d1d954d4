"""The whole gift-code half in one process, on a virtual clock, against the simulator's application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import trio
from attrs import define, evolve, field

from actors.giftcodes.campaign_messages import CampaignNumbers, CampaignStatus
from actors.giftcodes.found import CodesFound
from actors.giftcodes.model import Call, Code, Outcome, Player, Redemption
from actors.ports import Board, FoundCode, PostError, Put
from daemon.assembly import CAMPAIGN, Parts, Settings, build_tree
from daemon.clock import SteadyClock
from daemon.gameapi import GameSettings, build_game_api
from daemon.secrets import Secret
from daemon.simulator import SimCode, SimGame, SimPlayer, World, create_app
from daemon.storage.memory import MemoryStore
from supervision import Tree
from supervision.testing import Trace


@define
class PaperBoard:
    """A board that remembers what was posted; `down` makes posts fail."""

    posted: list[tuple[str, str, str]] = field(factory=list)
    down: bool = False

    async def post(self, guild, channel, code) -> None:
        await trio.lowlevel.checkpoint()
        if self.down:
            raise PostError("the channel does not answer")
        self.posted.append((guild.id, channel.id, code.code))


@define
class Rig:
    """What a test works with."""

    world: World
    store: MemoryStore
    clock: SteadyClock
    board: PaperBoard
    settings: Settings
    trace: Trace
    parts: Parts
    tree: Tree | None = None

    async def numbers(self) -> CampaignNumbers:
        return await self.tree.ref(CAMPAIGN).ask(CampaignStatus())

    async def find_code(self, code: str, game: str = "wos", expires: float | None = None) -> bool:
        return await self.tree.ref(CAMPAIGN).ask(CodesFound("test", (FoundCode(game, code, expires),)))

    async def add_players(
        self, n: int, game: str = "wos", *, in_world: bool = True, start: int = 1000
    ) -> None:
        sims = [SimPlayer(str(start + i), kid="7", name=f"P{i}") for i in range(n)]
        if in_world:
            self.world.games[game].add_player(*sims)
        await self.store.commit(*[Put(Player(game, p.fid, p.kid, p.name)) for p in sims])

    def records(self, code: str) -> dict[str, Redemption]:
        return {r.fid: r for r in self.store.backend.find(Redemption, code=code)}

    async def until_settled(self, code: str, players: int, *, within: float = 100_000) -> float:
        """Wait until so many pairs of the code have an outcome; returns trio's time then."""
        with trio.fail_after(within):
            while True:
                done = [r for r in self.records(code).values() if r.outcome is not Outcome.PENDING]
                if len(done) >= players:
                    return max(r.last_at for r in done) - self.clock.now() + trio.current_time()
                await trio.sleep(1.0)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Tree]:
        """One life of the daemon."""
        self.tree = build_tree(self.parts, self.trace)
        async with trio.open_nursery() as nursery:
            await nursery.start(self.tree.run)
            try:
                yield self.tree
            finally:
                self.tree.stop()


def make_rig(*games: SimGame, settings: Settings | None = None, **world: object) -> Rig:
    world = World(**world)
    world.add_game(*games)
    app = create_app(world)
    clock, board, settings = SteadyClock(), PaperBoard(), settings or Settings()
    store = MemoryStore(clock.now)
    apis = {}
    for game in games:
        api_settings = GameSettings(
            name=game.name,
            protocol=game.protocol,
            base_url=f"http://game.test/{game.name}/api",
            origin="https://game.test",
            sign_key=Secret(game.key),
            captcha="person" if game.captcha else "none",
        )
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app))
        apis[game.name] = build_game_api(api_settings, clock, client)
    parts = Parts(clock, lambda tree: store, apis, board, settings)
    return Rig(world, store, clock, board, settings, Trace(), parts)


__all__ = [
    "Call",
    "Code",
    "PaperBoard",
    "Rig",
    "SimCode",
    "SimGame",
    "SimPlayer",
    "evolve",
    "make_rig",
    "Board",
]
