"""The gift-code half in one process, against the simulator's application: put together as the daemon is."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx
import trio
from attrs import frozen

from actors.giftcodes.found import CodesFound
from actors.giftcodes.model import Channel, Code, Guild, Outcome, Player, Record, Redemption, Status
from actors.giftcodes.session_pool import PoolNumbers, PoolStatus
from actors.ports import Announcement, Clock, FoundCode, GameAPI, Put, Store
from daemon.assembly import CAMPAIGN, POOL, Parts, Settings, build_tree
from daemon.clock import SteadyClock
from daemon.gameapi import GameSettings, build_game_api
from daemon.secrets import Secret
from daemon.simulator import Latency, SimCode, SimGame, SimPlayer, World, create_app
from daemon.storage.memory import MemoryStore
from daemon.terminal import TerminalBoard
from supervision import Tree

GAME = "wos"
NEW_CODE = "SNOW2026"
LIMIT, PERIOD = 30, 60.0
BATCH = 1000
LOOK_EVERY = 0.05
NO_LATENCY = Latency(0.0, 0.0)

_KEY = "a key of the simulator"
_FIRST_FID = 100_000_000


class SilentBoard(TerminalBoard):
    """Takes every post."""

    async def post(self, guild: Guild, channel: Channel, announcement: Announcement, nonce: str) -> str:  # noqa: ARG002 - the port's
        await trio.lowlevel.checkpoint()
        return ""


@frozen
class Case:
    """How much there is: players, and codes that all of them have redeemed already but that still live."""

    players: int
    settled_codes: int = 2

    @property
    def fids(self) -> list[str]:
        return [str(_FIRST_FID + number) for number in range(self.players)]

    def codes(self) -> list[str]:
        return [f"OLD{number}" for number in range(self.settled_codes)]

    def records(self, now: float) -> list[Record]:
        """What the store holds of it."""
        players = [Player(GAME, fid, "7", f"Player {fid}", added_at=now) for fid in self.fids]
        codes = [Code(GAME, code, source="benchmark", first_seen=now - 3600.0) for code in self.codes()]
        settled = [
            Redemption(
                GAME,
                fid,
                code,
                outcome=Outcome.REDEEMED,
                status=Status.SUCCESS.value,
                attempts=1,
                first_at=now - 60.0,
                last_at=now - 60.0,
            )
            for code in self.codes()
            for fid in self.fids
        ]
        return [*players, *codes, *settled]

    def world(self, latency: Latency) -> World:
        """What the game's server knows of it."""
        world = World(latency=latency)
        game = SimGame(name=GAME, key=_KEY, limit=LIMIT, period=PERIOD)
        game.add_player(*(SimPlayer(fid, kid="7", name=f"Player {fid}") for fid in self.fids))
        game.add_code(*map(SimCode, (*self.codes(), NEW_CODE)))
        world.add_game(game)
        return world


async def commit(store: Store, records: Sequence[Record]) -> None:
    """Store them, in batches."""
    for first in range(0, len(records), BATCH):
        await store.commit(*map(Put, records[first : first + BATCH]))


async def until_waiting(tree: Tree, players: int) -> None:
    """Wait until the window is spent, and the redeemers of all other players wait for their slots."""
    while True:
        numbers: PoolNumbers = await tree.ref(POOL).ask(PoolStatus(), timeout=60.0)
        spent = sum(lane.used for lane in numbers.games)
        if numbers.waiting and numbers.waiting + spent >= players and not numbers.in_flight:
            return
        await trio.sleep(LOOK_EVERY)


async def find_code(tree: Tree) -> None:
    """A source lists the new code."""
    found = CodesFound("benchmark", (FoundCode(GAME, NEW_CODE),))
    assert await tree.ref(CAMPAIGN).ask(found, timeout=60.0)


def game_apis(world: World, clock: Clock) -> Mapping[str, GameAPI]:
    """The game's adapter, over the simulator's application in this process."""
    settings = GameSettings(
        name=GAME,
        protocol="v2",
        base_url=f"http://game.test/{GAME}/api",
        origin="https://game.test",
        sign_key=Secret(_KEY),
        captcha="none",
    )
    client = httpx.AsyncClient(transport=httpx.ASGITransport(create_app(world)))
    return {GAME: build_game_api(settings, clock, client)}


@frozen
class Data:
    """The world, and the records of a case in memory, without anybody to work on them."""

    case: Case
    world: World
    clock: SteadyClock
    store: MemoryStore

    def tree(self) -> Tree:
        """The gift-code half on top of it, not yet running."""
        apis = game_apis(self.world, self.clock)
        return build_tree(Parts(self.clock, lambda _: self.store, apis, SilentBoard(), Settings()))

    @property
    def redeemed(self) -> int:
        """Players who have the new code."""
        return self.store.backend.count(Redemption, code=NEW_CODE, outcome=Outcome.REDEEMED.value)


async def make_data(case: Case, latency: Latency = NO_LATENCY) -> Data:
    """Fill the store and the world."""
    clock = SteadyClock()
    store = MemoryStore(clock.now)
    await commit(store, case.records(clock.now()))
    return Data(case, case.world(latency), clock, store)


@asynccontextmanager
async def running(tree: Tree) -> AsyncIterator[None]:
    """Run the tree around a block."""
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        try:
            yield
        finally:
            tree.stop()
