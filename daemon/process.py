"""The process `perkd run`: configuration in, supervision tree up, signals heeded."""

import gc
import logging
import signal
from collections.abc import Callable
from itertools import count

import trio

import daemon
from daemon.app import Daemon, open_daemon
from daemon.config import Config, ConfigError
from daemon.ending import exit_code_of
from daemon.event_log import EventLog
from daemon.logs import configure_logging
from daemon.storing import where_state_is
from supervision import run_until_signal

logger = logging.getLogger("perkd")


async def run(config: Config) -> None:
    """Run until a signal, or until the tree fails."""
    async with open_daemon(config) as made, trio.open_nursery() as nursery:
        for note in made.opened.problems:
            logger.warning("⚠️ %s", note)
        if made.discord is None:
            logger.info("perkd runs without Discord: %s is not set", config.discord.token_env)
        nursery.start_soon(_reload_on_hangup, made)
        logger.info("perkd %s starts; state is in %s", daemon.__version__, where_state_is(config))
        await run_until_signal(made.tree, on_signal=_say_signals(made.events))
        logger.info("perkd has stopped")
        nursery.cancel_scope.cancel()


def run_daemon(config: Config) -> int:
    """`perkd run`: returns the exit code; 2 where the configuration is at fault, 1 where the tree failed."""
    # Until the daemon listens to it a hangup would end the process; what it asks for is being done anyway.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    configure_logging(config.perkd.log_format, config.perkd.log_level)
    collect_garbage_seldom()
    return exit_code_of(run, config)


def collect_garbage_seldom() -> None:
    """Look through everything for garbage seldom: ten thousand redeemers are 660,000 objects that are none.

    With Python's own thresholds a full collection, a third of a second in that state, comes again and again
    while they are started, and holds up everything else. The younger generations stay small, since each is
    looked through without a pause for others. Measured: docs/benchmarks.md.
    """
    gc.set_threshold(10_000, 3, 3_000)


def _say_signals(events: EventLog) -> Callable[[int], None]:
    heard = count(1)

    def say(number: int) -> None:
        name = signal.Signals(number).name
        events.stopping = True
        if next(heard) == 1:
            logger.info("%s: stopping in order (once more: at once)", name)
        else:
            logger.warning("%s again: stopping at once", name)

    return say


async def _reload_on_hangup(made: Daemon) -> None:
    with trio.open_signal_receiver(signal.SIGHUP) as signals:
        async for _ in signals:
            try:
                await made.reload()
            except ConfigError as error:
                logger.error(  # noqa: TRY400 - the text is all there is to know
                    "The new configuration is refused, the old one stays:\n%s", error
                )
