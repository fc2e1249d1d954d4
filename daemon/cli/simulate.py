"""`perkd simulate`: the simulator alone."""

import shlex
import signal
from typing import TYPE_CHECKING

import click

from daemon.cli.failures import CommandFailed
from daemon.cli.output import print_line

if TYPE_CHECKING:
    from daemon.simulator import SimGame, SimSource, World


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

    Both protocols (v1 and v2) on a loopback port, and every kind of source. It prints what to put into
    a `config.toml` and into the shell to run perkd against it. What shall go wrong is ordered at
    `/_faults`; `/_stats` counts what it was asked; `/` lists all paths.
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
    """What is served where: a part of `config.toml`, and lines for the shell that perkd runs in."""
    return [
        f"simulator at {base} (Ctrl-C ends it); `curl {base}/` lists its paths",
        "",
        FOR_CONFIG,
        *(line for game in world.games.values() for line in ("", *_game_lines(game, base))),
        *(line for source in world.sources.values() for line in ("", *_source_lines(source, base))),
        "",
        FOR_SHELL,
        "",
        *(f"export {_variable(game)}={shlex.quote(game.key)}" for game in world.games.values()),
        *_sample_players(world),
        "",
        "# --- to look, and to spoil it ---",
        "",
        f"curl {base}/_stats",
        f"curl {base}/_faults -d {shlex.quote(EXAMPLE_FAULT)}",
        f"curl {base}/_faults -X DELETE",
    ]


EXAMPLE_FAULT = '{"game": "wos", "answer": "HTTP 502", "times": 3}'
FOR_CONFIG = "# --- for a config.toml, best in a directory of its own: its state is beside it ---"
FOR_SHELL = "# --- for the shell, before `perkd run` there; the players can be added at any time ---"
_PLAYERS_SHOWN = 3


def _game_lines(game: "SimGame", base: str) -> list[str]:
    return [
        f"[games.{game.name}]  # at most {game.limit} requests in {game.period:g} s",
        f'protocol     = "{game.protocol}"',
        f'base_url     = "{base}/{game.name}/api"',
        f'origin       = "{base}"',
        f'sign_key_env = "{_variable(game)}"',
        f'captcha      = "{"person" if game.captcha else "none"}"',
    ]


def _variable(game: "SimGame") -> str:
    """Not the real game's, so that its key is not shadowed."""
    return f"PERKD_SIMULATED_{game.name.upper()}_KEY"


def _source_lines(source: "SimSource", base: str) -> list[str]:
    """The source as one kind, and as the others behind `#`."""
    from daemon.simulator.source_routes import PATHS  # noqa: PLC0415 - for this command alone

    lines = ["[[sources]]", f'name = "{source.name}"', f'game = "{source.game}"']
    for kind, path in PATHS.items():
        scheme = base.replace("http", "ws", 1) if kind == "websocket" else base
        url = f"{scheme}/sources/{source.name}{path}"
        lead = "" if kind == "json" else "# "
        lines += [f'{lead}kind = "{kind}"', f'{lead}url  = "{url}"']
    return lines


def _sample_players(world: "World") -> list[str]:
    """Commands that register some of the players that the first game knows."""
    game = next(iter(world.games.values()))
    return [
        f"perkd players add --game {game.name} --fid {player.fid} --state {player.kid}"
        f" --name {shlex.quote(player.name)}"
        for player in list(game.players.values())[:_PLAYERS_SHOWN]
    ]
