"""Running the demo: simulator, daemon, live view, summary."""

import logging
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import trio
from attrs import define, field
from rich.console import Console

from actors.giftcodes.model import CodeKey, Player, Registration
from actors.ports import Put, StoreUnavailable
from daemon.app import Daemon, open_daemon
from daemon.config import load_config
from daemon.demo.progress import Progress, read_progress
from daemon.demo.screen import Screen, summary
from daemon.demo.world import write_configuration
from daemon.logs import configure_logging
from daemon.simulator import World, sample_players, sample_world, serve
from supervision import run_until_signal

LOOK_EVERY = 0.25
"""Seconds between two looks at the store."""


@define
class _Demo:
    """One run."""

    exit_when_done: bool
    screen: Screen
    world: World
    progress: Progress = field(factory=Progress)
    done_after: float | None = None

    async def run(self, directory: Path) -> None:
        async with trio.open_nursery() as nursery:
            port = await nursery.start(serve, self.world)
            config = load_config(write_configuration(directory, self.world, port), {})
            self._say_where(directory)
            async with open_daemon(config) as made:
                nursery.start_soon(self._watch, made)
                await run_until_signal(made.tree)
            nursery.cancel_scope.cancel()

    def _say_where(self, directory: Path) -> None:
        config = directory / "config.toml"
        self.screen.console.print(
            "This is the real daemon, with a real database, over real HTTP. Only the games are simulated.\n"
            f"Ask it from another terminal:  [bold].venv/bin/perkd --config {config} status[/bold]\n",
            highlight=False,
            soft_wrap=True,
        )

    async def _watch(self, made: Daemon) -> None:
        began = trio.current_time()
        await self._register(made)
        expected = [CodeKey(s.game, item.code) for s in self.world.sources.values() for item in s.listings]
        while True:
            with suppress(StoreUnavailable):
                self.progress = await read_progress(made.store, expected)
            seconds = trio.current_time() - began
            self.screen.show(self.progress, await made.report.make(), seconds)
            if self.progress.done and self.done_after is None:
                self.done_after = seconds
                if self.exit_when_done:
                    made.tree.stop()
                    return
            await trio.sleep(LOOK_EVERY)

    async def _register(self, made: Daemon) -> None:
        """Register the sample players the way `perkd players import` does."""
        changes = []
        for sample in sample_players():
            changes.append(Put(Player(sample.game, sample.fid, sample.state, sample.name)))
            changes.append(Put(Registration("terminal", "", sample.game, sample.fid)))
        while True:
            with suppress(StoreUnavailable):
                await made.store.commit(*changes)
                break
            await trio.sleep(LOOK_EVERY)
        made.changed(frozenset({"players"}))


def run_demo(*, exit_when_done: bool = False, web: bool = True) -> int:
    """`perkd demo`: returns 0 when every player-code pair got an outcome (or nobody asked to wait for it)."""
    del web  # the page comes with a later release; the option is there so that scripts can rely on it
    console = Console(highlight=False)
    screen = Screen(console, live=console.is_terminal)
    _set_up_logging(screen)
    demo = _Demo(exit_when_done, screen, sample_world())
    with tempfile.TemporaryDirectory(prefix="perkd-demo-") as directory:
        screen.open()
        try:
            trio.run(demo.run, Path(directory))
        finally:
            screen.close()
    seconds = demo.done_after or demo.world.elapsed()
    console.print(summary(demo.progress, demo.world.stats.as_json(), seconds))
    return 0 if demo.progress.done or not exit_when_done else 1


def _set_up_logging(screen: Screen) -> None:
    configure_logging("console", "info", sys.stdout)
    if screen.live:
        root = logging.getLogger()
        root.handlers[:] = [screen.ticker]
