"""Running the demo: simulator, daemon, live view, summary."""

import logging
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import trio
from attrs import define, field

from actors.giftcodes.model import CodeKey, Player, Registration
from actors.ports import Put, Store, StoreUnavailable
from daemon.app import Daemon, open_daemon
from daemon.config import Config, load_config
from daemon.control.offline import DirectStore
from daemon.demo.progress import Progress, read_progress
from daemon.demo.screen import Screen
from daemon.demo.summary import summary
from daemon.demo.view import Look
from daemon.demo.world import write_configuration
from daemon.ending import exit_code_of
from daemon.logs import configure_logging
from daemon.output import plain_console
from daemon.simulator import World, sample_players, sample_world, serve
from daemon.storage import SQLiteBackend
from daemon.storing import database
from supervision import run_until_signal

LOOK_EVERY = 0.25
"""Seconds between two looks at the store."""


@define
class Demo:
    """One run of daemon and simulator; `show` is given what there is to see, again and again."""

    show: Callable[[Look], None]
    exit_when_done: bool = False
    web: bool = True
    world: World = field(factory=sample_world)
    progress: Progress = field(factory=Progress)
    seconds: float = 0.0
    """How long it took until every pair had an outcome, or has taken so far."""

    async def run(self, directory: Path) -> None:
        """Run in `directory` until a signal, or until all is done. Raises what a tree raises."""
        async with trio.open_nursery() as nursery:
            port = await nursery.start(serve, self.world)
            config = load_config(write_configuration(directory, self.world, port, web=self.web), {})
            async with open_daemon(config) as made:
                nursery.start_soon(self._watch, made)
                nursery.start_soon(_stop_on_hangup, made)
                await run_until_signal(made.tree)
            nursery.cancel_scope.cancel()
        await self._look_last(config)

    async def _watch(self, made: Daemon) -> None:
        began = trio.current_time()
        await self._register(made)
        ask = f"Ask it: .venv/bin/perkd --config {made.config.path} status"
        while True:
            was_done = self.progress.done
            with suppress(StoreUnavailable):
                await self._count(made.store)
            seconds = trio.current_time() - began
            if not was_done:
                self.seconds = seconds
            page = "" if made.web is None or not made.web.url else f"See it: {made.web.url}\n"
            status = await made.report.make()
            if made.tree.snapshot().state in {"stopping", "stopped"}:
                return  # an ordered stop would look like a failure
            self.show(Look(self.progress, status, seconds, page + ask))
            if self.progress.done and self.exit_when_done:
                made.tree.stop()
                return
            await trio.sleep(LOOK_EVERY)

    async def _count(self, store: Store) -> None:
        listed = [CodeKey(s.game, item.code) for s in self.world.sources.values() for item in s.listings]
        self.progress = await read_progress(store, listed)

    async def _look_last(self, config: Config) -> None:
        """Count what the calls brought that were in flight when it was stopped."""
        backend = SQLiteBackend(database(config))
        with suppress(StoreUnavailable):
            await trio.to_thread.run_sync(backend.open)
            await self._count(DirectStore(backend))
        await trio.to_thread.run_sync(backend.close)

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


async def _stop_on_hangup(made: Daemon) -> None:
    """A terminal window that is closed leaves nothing behind either."""
    with trio.open_signal_receiver(signal.SIGHUP) as signals:
        async for _ in signals:
            made.tree.stop()


def run_demo(*, exit_when_done: bool = False, web: bool = True) -> int:
    """`perkd demo`. Returns its exit code.

    0 when every player-code pair got an outcome, or nobody asked to wait for it; 1 otherwise.
    """
    console = plain_console()
    screen = Screen(console, live=console.is_terminal and not console.is_dumb_terminal)
    _set_up_logging(screen)
    demo = Demo(screen.show, exit_when_done, web)
    with tempfile.TemporaryDirectory(prefix="perkd-demo-") as directory:
        screen.open()
        try:
            code = exit_code_of(demo.run, Path(directory))
        finally:
            screen.close()
    if code:
        for line in screen.ticker.newest(10):
            console.print(line.text, markup=False)
        return code
    console.print(summary(demo.progress, demo.world.stats.as_json(), demo.seconds))
    return 0 if demo.progress.done or not exit_when_done else 1


def _set_up_logging(screen: Screen) -> None:
    configure_logging("console", "info", sys.stdout)
    if screen.live:
        root = logging.getLogger()
        root.handlers[:] = [screen.ticker]
