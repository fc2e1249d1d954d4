"""The simulated world: games, code sources, ordered faults, counts, and one time for all of them."""

import random
import time
from collections.abc import Callable

import trio
from attrs import define, field, frozen

from daemon.simulator.faults import Facts, Fault, Script
from daemon.simulator.game import SimGame
from daemon.simulator.listings import SimSource
from daemon.simulator.stats import Stats


@frozen
class Latency:
    """How long answers take: evenly spread between two bounds, in seconds; equal bounds fix it."""

    low: float
    high: float


@define(kw_only=True)
class World:
    """Everything a simulator serves. Nothing in it does I/O, and one seed makes it repeatable.

    Example:
        world = World()
        world.add_game(SimGame(name="wos", key="secret"))
        world.games["wos"].add_player(SimPlayer("1001", kid="7"))
        world.games["wos"].add_code(SimCode("SNOW2026"))
        world.order(Fault(game="wos", fid="1001", answer="TOO FREQUENT", times=2))
        port = await nursery.start(serve, world)
    """

    now: Callable[[], float] = trio.current_time
    """Monotonic seconds: trio's clock, so that on a virtual one all of the world is virtual."""
    epoch: float = field(factory=time.time)
    """Unix time of the world's start."""
    seed: int = 0
    latency: Latency = Latency(0.0, 0.0)
    games: dict[str, SimGame] = field(factory=dict, init=False)
    sources: dict[str, SimSource] = field(factory=dict, init=False)
    script: Script = field(init=False)
    stats: Stats = field(factory=Stats)
    _chance: random.Random = field(init=False, repr=False)
    _started: float | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.script = Script(seed=self.seed)
        self._chance = random.Random(self.seed)  # noqa: S311 - must be reproducible

    def add_game(self, *games: SimGame) -> None:
        """Serve these games, at `/{name}/api`."""
        self.games.update((game.name, game) for game in games)

    def add_source(self, *sources: SimSource) -> None:
        """Serve these code sources, at `/sources/{name}…`."""
        self.sources.update((source.name, source) for source in sources)

    def order(self, *faults: Fault) -> None:
        """Let these go wrong, behind what was ordered before."""
        self.script = self.script.ordered(*faults)

    def reset_faults(self) -> None:
        """Nothing is ordered any more."""
        self.script = Script(seed=self.seed)

    def fault_for(self, facts: Facts) -> Fault | None:
        """What goes wrong with this request; it counts as having happened."""
        fault, self.script = self.script.decide(facts)
        return fault

    def elapsed(self) -> float:
        """Seconds since the world's start, which is the first time it is asked."""
        now = self.now()
        if self._started is None:
            self._started = now
        return now - self._started

    def wall(self) -> float:
        """Unix time as the world's clock tells it."""
        return self.epoch + self.elapsed()

    def next_latency(self) -> float:
        """How long the next answer takes."""
        return self._chance.uniform(self.latency.low, self.latency.high)
