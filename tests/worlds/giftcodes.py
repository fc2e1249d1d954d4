"""The whole gift-code half in one process, on a virtual clock, against the simulator's application."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx
import trio
from attrs import define, evolve

from actors.giftcodes.campaign_messages import CampaignNumbers, CampaignStatus, RetryCode, StoreChanged
from actors.giftcodes.found import CodesFound
from actors.giftcodes.model import Code, Outcome, Player, PlayerKey, Redemption
from actors.ports import FoundCode, GameAPI, Put, Reply
from daemon.assembly import CAMPAIGN, Parts, Settings, build_tree
from daemon.clock import SteadyClock
from daemon.gameapi import GameSettings, build_game_api
from daemon.secrets import Secret
from daemon.simulator import SimGame, SimPlayer, World, create_app
from daemon.storage.memory import MemoryStore
from supervision import ActorCrashed, AskTimeout, Tree
from supervision.testing import Trace
from tests.worlds.paper_board import PaperBoard


@define
class Network(httpx.AsyncBaseTransport):
    """The way to the simulator; `down` cuts it."""

    way: httpx.AsyncBaseTransport
    down: bool = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("no route (ordered by the test)")
        return await self.way.handle_async_request(request)


@define
class Reader:
    """A person who reads captchas off the simulator's own memory; `away` answers nothing in time."""

    world: World
    seconds: float = 5.0
    away: bool = False
    wrong: bool = False
    asked: int = 0

    async def solve(self, game: str, player: Player, picture: bytes) -> str | None:
        self.asked += 1
        await trio.sleep(self.seconds)
        if self.away:
            return None
        captcha = self.world.games[game].captchas.peek(player.fid)
        return "0000" if self.wrong or captcha is None else captcha.text


@define
class Poisoned:
    """A game's API that raises for one code (a fault of the program), `times` times."""

    api: GameAPI
    code: str
    times: int = 1_000_000
    raised: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.api, name)

    async def redeem(self, player: Player, code: str, captcha: str = "") -> Reply:
        if code == self.code and self.raised < self.times:
            self.raised += 1
            raise ZeroDivisionError("poison")
        return await self.api.redeem(player, code, captcha)


@define
class Rig:
    """What a test works with."""

    world: World
    store: MemoryStore
    clock: SteadyClock
    board: PaperBoard
    network: Network
    reader: Reader
    apis: dict[str, GameAPI]
    settings: Settings
    trace: Trace
    parts: Parts
    tree: Tree | None = None

    async def numbers(self) -> CampaignNumbers:
        """What the campaign says of itself."""
        return await self.tree.ref(CAMPAIGN).ask(CampaignStatus())

    async def find_code(self, *codes: str, game: str = "wos", expires: float | None = None) -> bool:
        """A source lists these codes."""
        found = tuple(FoundCode(game, code, expires) for code in codes)
        return await self.tree.ref(CAMPAIGN).ask(CodesFound("test", found))

    async def until_found(self, *codes: str, game: str = "wos") -> None:
        """A source lists these codes until they are recorded."""
        with trio.fail_after(100_000):
            while True:
                try:
                    if await self.find_code(*codes, game=game):
                        return
                except (ActorCrashed, AskTimeout):
                    pass
                await trio.sleep(1.0)

    async def changed(self, *collections: str) -> None:
        """Somebody told the campaign of a change in the store."""
        await self.tree.ref(CAMPAIGN).ask(StoreChanged(frozenset(collections)))

    async def retry_code(self, code: str, game: str = "wos") -> bool:
        return await self.tree.ref(CAMPAIGN).ask(RetryCode(game, code))

    async def add_players(self, n: int, game: str = "wos", *, start: int = 1000, state: str = "7") -> None:
        """Players of state 7 in the simulator, registered with `state`."""
        sims = [SimPlayer(str(start + i), kid="7", name=f"P{start + i}") for i in range(n)]
        self.world.games[game].add_player(*sims)
        await self.store.commit(*[Put(Player(game, p.fid, state, p.name)) for p in sims])

    async def edit_player(self, fid: str, game: str = "wos", **changes: object) -> None:
        """A player's record is changed, and the campaign told."""
        player = await self.store.get(Player, str(PlayerKey(game, fid)))
        await self.store.commit(Put(evolve(player, **changes)))
        await self.changed("players")

    def code(self, code: str) -> Code:
        (found,) = [c for c in self.store.backend.find(Code) if c.code == code]
        return found

    def records(self, code: str, activation: int = 1) -> dict[str, Redemption]:
        found = self.store.backend.find(Redemption, code=code)
        return {r.fid: r for r in found if r.activation == activation}

    def record(self, code: str, fid: str = "1000") -> Redemption:
        return self.records(code)[fid]

    def calls(self, code: str = "", game: str = "wos") -> int:
        """Requests the simulator saw, or those that asked to redeem `code`."""
        stats = self.world.stats.game(game)
        return sum(p.codes[code] for p in stats.players.values()) if code else stats.requests

    async def until(self, condition: Callable[[], bool], *, within: float = 100_000) -> None:
        """Wait until something is so, looked at every virtual second."""
        with trio.fail_after(within):
            while not condition():  # noqa: ASYNC110 - anything at all may make it so
                await trio.sleep(1.0)

    async def until_settled(
        self, code: str, players: int, *, within: float = 100_000, activation: int = 1
    ) -> float:
        """Wait until so many pairs of the code have an outcome; returns trio's time of the last."""

        def settled() -> list[Redemption]:
            records = self.records(code, activation).values()
            return [record for record in records if record.outcome is not Outcome.PENDING]

        await self.until(lambda: len(settled()) >= players, within=within)
        return max(r.last_at for r in settled()) - self.clock.now() + trio.current_time()

    def kill(self) -> None:
        """As `kill -9`: what this life still does is not recorded; the next finds the store as it is now."""
        self.store.away = True
        backend = self.store.backend
        self.store = store = MemoryStore(self.clock.now)
        store.backend = backend
        store.restart()
        self.parts = evolve(self.parts, store=lambda _: store)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Tree]:
        """One life of the daemon."""
        self.tree = build_tree(self.parts, self.trace)
        async with trio.open_nursery() as nursery:
            await nursery.start(self.tree.run)
            try:
                yield self.tree
            finally:
                self.tree.stop()


def make_rig(*games: SimGame, settings: Settings | None = None, **kwargs: object) -> Rig:
    """A daemon that is not yet running, and the world it works against."""
    world = World(**kwargs)
    world.add_game(*(games or (SimGame(name="wos", key="k"),)))
    network = Network(httpx.ASGITransport(create_app(world)))
    clock, settings = SteadyClock(), settings or Settings()
    board, store, reader = PaperBoard(clock), MemoryStore(clock.now), Reader(world)
    apis = {}
    for game in world.games.values():
        api_settings = GameSettings(
            name=game.name,
            protocol=game.protocol,
            base_url=f"http://game.test/{game.name}/api",
            origin="https://game.test",
            sign_key=Secret(game.key),
            captcha="person" if game.captcha else "none",
        )
        apis[game.name] = build_game_api(api_settings, clock, httpx.AsyncClient(transport=network))
    solvers = dict.fromkeys(world.games, reader)
    parts = Parts(clock, lambda _: store, apis, board, settings, solvers=solvers)
    return Rig(world, store, clock, board, network, reader, apis, settings, Trace(), parts)
