"""`perkd simulate`: the simulator alone."""

import signal
from typing import TYPE_CHECKING

import click

from daemon.cli.failures import CommandFailed
from daemon.cli.output import print_line

if TYPE_CHECKING:
    from daemon.simulator import World


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="TCP port; 0 takes a free one.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything random in it.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="Requests a minute that an address may send to one game.",
)
def simulate(port: int, seed: int, limit: int) -> None:
    """Serve simulated games and code sources, until Ctrl-C.

    Both protocols (v1 and v2) on a loopback port, and every kind of source. It prints what
    `config.toml` needs to run against it. What shall go wrong is ordered at `/_faults`; `/_stats`
    counts what it was asked.
    """
    import trio  # noqa: PLC0415 - for this command alone

    try:
        trio.run(_serve, port, seed, limit)
    except* OSError as errors:
        reason = getattr(errors.exceptions[0], "strerror", None) or errors.exceptions[0]
        raise CommandFailed(f"port {port}: {reason}: use another --port") from None


async def _serve(port: int, seed: int, limit: int) -> None:
    import trio  # noqa: PLC0415 - for this command alone

    from daemon.simulator import sample_world, serve  # noqa: PLC0415

    world = sample_world(seed)
    for game in world.games.values():
        game.limit = limit
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            bound: int = await nursery.start(serve, world, "127.0.0.1", port)
            for line in introduce(world, f"http://127.0.0.1:{bound}"):
                print_line(line)
            await anext(aiter(signals))
            nursery.cancel_scope.cancel()
    print_line("stopped")


def introduce(world: "World", base: str) -> list[str]:
    """What is served where, and the keys to it: the words of `config.toml`."""
    lines = [f"simulator at {base} (Ctrl-C ends it)"]
    for game in world.games.values():
        lines += [
            "",
            f"[games.{game.name}]",
            f'  protocol = "{game.protocol}"',
            f'  base_url = "{base}/{game.name}/api"',
            f'  origin   = "{base}"',
            f'  captcha  = "{"person" if game.captcha else "none"}"',
            f"  signing key: {game.key}",
            f"  limit: {game.limit} requests in {game.period:g} s",
        ]
    for source in world.sources.values():
        page = f"{base}/sources/{source.name}"
        lines += [
            "",
            f'[[sources]] name = "{source.name}", game = "{source.game}"',
            f'  kind "json"          {page}.json',
            f'  kind "rss"           {page}.rss',
            f'  kind "distribution"  {page}/distribution',
            f'  kind "websocket"     {page.replace("http", "ws", 1)}/ws',
        ]
    return [*lines, "", f"what it was asked: {base}/_stats", f"what shall go wrong: {base}/_faults"]
