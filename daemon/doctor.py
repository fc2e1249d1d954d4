"""`perkd check`: is everything there that a run needs? Asks, and changes nothing."""

import logging
import os
from collections.abc import Awaitable, Sequence
from pathlib import Path

import trio
from rich.table import Table
from rich.text import Text

from actors.giftcodes.model import FailureClass, Status
from actors.ports import SourceError, StoreUnavailable
from daemon.boards import load_boards
from daemon.clock import SteadyClock
from daemon.clock_check import ClockCheck
from daemon.config import Config, GameConfig, SourceConfig
from daemon.control.errors import ControlError
from daemon.control.listening import check_path
from daemon.exposure import examine_exposure, without_secrets
from daemon.finding import Finding, not_loaded
from daemon.gameapi import open_game_api
from daemon.logs import redacted
from daemon.opening import captcha_solver, game_settings, sign_key, source_settings, way_to_key
from daemon.output import plain_console
from daemon.plugins import PluginError
from daemon.safe_text import neutralised
from daemon.secrets import SecretError, load_secret, secrets_beside
from daemon.sources import SourceSettings, build_client, open_feed, open_source, pushes
from daemon.storing import mongodb_address
from daemon.telegram.examination import examine_telegram

FEED_WITHIN = 10.0
"""Seconds to connect to a feed."""
ROOM_WANTED = 16 << 20
"""Bytes that should be free where the state is: with fewer the next thing that goes wrong is a full disk."""


_WAYS_OUT = {
    Status.PROTOCOL_CHANGED.value: "check the key ({key}), base_url, origin and protocol of [games.{name}]",
    Status.RATE_LIMITED.value: "this address has spent its calls: wait a minute; is something else calling?",
    Status.NETWORK_ERROR.value: "check base_url, the network and the firewall",
    Status.UPSTREAM_ERROR.value: "the game's API has trouble: try again later",
}
_SAID = {
    Status.PROTOCOL_CHANGED.value: "refuses how it is asked",
    Status.RATE_LIMITED.value: "wants fewer calls",
    Status.NETWORK_ERROR.value: "can't be reached",
    Status.UPSTREAM_ERROR.value: "is out of order",
}


async def examine(config: Config) -> list[Finding]:
    """Look at everything; the findings come in the order of the configuration."""
    findings = [
        Finding("configuration", well=True, text=str(config.path)),
        _data_dir(config.perkd.data_dir),
        _socket(config.status.socket),
        *examine_exposure(config),
    ]
    if not config.games:
        findings.append(Finding("games", well=False, text="none is configured", way_out="add a [games.NAME]"))
    if not config.sources:
        text = "none is configured"
        findings.append(Finding("sources", well=False, text=text, way_out="add a [[sources]]"))
    clock = ClockCheck()
    games = [_game(name, game, config, clock) for name, game in config.games.items()]
    sources = [_source(source, clock) for source in config.sources]
    asked = [*await _all([_mongodb(config), *games, *sources]), clock.finding()]
    return findings + asked + _boards(config) + await _discord(config) + list(examine_telegram(config))


async def _all(asked: Sequence[Awaitable[Finding]]) -> list[Finding]:
    """Ask at the same time; the findings come in the order of the questions."""
    findings: dict[int, Finding] = {}

    async def one(index: int, question: Awaitable[Finding]) -> None:
        findings[index] = await question

    async with trio.open_nursery() as nursery:
        for index, question in enumerate(asked):
            nursery.start_soon(one, index, question)
    return [findings[index] for index in range(len(asked))]


async def _mongodb(config: Config) -> Finding:
    """Ask MongoDB for what it holds, without taking the writer's lease."""
    what, variable = "MongoDB", config.storage.mongodb_uri_env
    try:
        address = mongodb_address(config)
    except SecretError as error:
        return not_loaded(what, error)
    if address is None:
        return Finding(
            what, well=True, text=f"not used: {variable} is not set, the file alone keeps the state"
        )
    from daemon.storage.mongodb import probe  # noqa: PLC0415 - pymongo, only where it is used

    try:
        text = await probe(address)
    except StoreUnavailable as error:
        return Finding(
            what, well=False, text=str(error), way_out=f"check {variable}, and what MongoDB lets in"
        )
    return Finding(what, well=True, text=text)


async def _discord(config: Config) -> list[Finding]:
    """Ask Discord what the bot is allowed to do, without connecting the bot."""
    variable = config.discord.token_env
    try:
        token = load_secret(variable)
    except SecretError as error:
        return [not_loaded("Discord", error)]
    if token is None:
        text = f"not used: {variable} is not set, codes are posted to the terminal"
        if config.vip.enabled:
            text = f"{variable} is not set: there are no VIP threads, and codes are posted to the terminal"
            return [Finding("Discord", well=False, text=text, way_out=f"set {variable}, or turn [vip] off")]
        return [Finding("Discord", well=True, text=text)]
    from daemon.discord.examination import examine_discord  # noqa: PLC0415 - hikari, only where it is used

    return await examine_discord(config, token)


def _boards(config: Config) -> list[Finding]:
    """Whether each plugged-in board can be loaded: only it knows how to try whether it can post."""
    if not config.boards:
        return []
    try:
        names = ", ".join(load_boards(config))
    except (SecretError, PluginError) as error:
        return [not_loaded("boards", error)]
    return [Finding("boards", well=True, text=f"can be loaded: {names}")]


async def _game(name: str, game: GameConfig, config: Config, clock: ClockCheck) -> Finding:
    """Ask the game for its configuration: one request, which changes nothing."""
    what, notes = f"game {name}", list[str]()
    try:
        key = sign_key(game)
        captcha_solver(name, game, config, notes)
    except (SecretError, PluginError) as error:
        return not_loaded(what, error)
    if key is None:
        return Finding(what, well=False, text="has no signing key", way_out=_way_to_key(game))
    settings = game_settings(name, game, key, config.redeem.timeout)
    async with open_game_api(settings, SteadyClock(), clock.note) as api:
        verdict = (await api.probe()).verdict
    if verdict.kind is FailureClass.SUCCESS:
        return Finding(what, well=True, text="; ".join(["host, key and signature are right", *notes]))
    way_out = _WAYS_OUT.get(verdict.status, "see docs/redeeming.md, or tell the maintainers")
    held_by = game.sign_key_env or str(game.sign_key_file)
    text = f"{_SAID.get(verdict.status, 'answered something unknown')} ({verdict.status})"
    return Finding(what, well=False, text=text, way_out=way_out.format(name=name, key=held_by))


def _way_to_key(game: GameConfig) -> str:
    """Also where the service's secrets are, which a shell may not know."""
    beside = secrets_beside()
    also = f", or write it into {beside / game.sign_key_env}" if beside and game.sign_key_env else ""
    return f"{way_to_key(game)}{also}"


async def _source(source: SourceConfig, clock: ClockCheck) -> Finding:
    """Ask the source once: a feed is connected to, and nothing waited for."""
    what, way_out = f"source {source.name}", f"check its url, {without_secrets(source.url)}, and the network"
    try:
        return Finding(what, well=True, text=await _reach(source_settings(source), clock))
    except trio.TooSlowError:
        return Finding(what, well=False, text=f"no connection within {FEED_WITHIN:.0f} s", way_out=way_out)
    except SourceError as error:
        return Finding(what, well=False, text=str(error), way_out=way_out)
    except (SecretError, PluginError) as error:
        return not_loaded(what, error)


async def _reach(settings: SourceSettings, clock: ClockCheck) -> str:
    if pushes(settings):
        with trio.fail_after(FEED_WITHIN):
            async with open_feed(settings).listen():
                return "connected"
    async with build_client() as client:
        client.event_hooks["response"].append(clock.note)
        codes = len(await open_source(settings, client).fetch() or ())
    return f"lists {codes} {'code' if codes == 1 else 'codes'}"


def _data_dir(path: Path) -> Finding:
    what = "data directory"
    if not path.exists():
        parent = next(folder for folder in path.absolute().parents if folder.exists())
        if os.access(parent, os.W_OK):
            return Finding(what, well=True, text=f"{path} will be made at the first run")
        return Finding(what, False, f"{path} can't be made", f"make {parent} writable, or change data_dir")
    if path.is_dir() and (trouble := _disk_trouble(path)) is not None:
        return trouble
    if not path.is_dir() or not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return Finding(what, False, f"{path} can't be written", "make it a directory of perkd's own user")
    if path.stat().st_mode & 0o077:
        return Finding(what, False, f"{path} is open to others", f"chmod 700 {path}")
    return Finding(what, well=True, text=str(path))


def _disk_trouble(path: Path) -> Finding | None:
    what, disk = "data directory", os.statvfs(path)
    free = disk.f_bavail * disk.f_frsize
    if disk.f_flag & os.ST_RDONLY:
        return Finding(what, False, f"{path} is on a read-only file system", "see why, and mount it writable")
    if free < ROOM_WANTED:
        return Finding(
            what, False, f"the disk of {path} is nearly full: {free >> 10:,} KiB are free", "make room"
        )
    return None


def _socket(path: Path) -> Finding:
    try:
        check_path(path)
    except ControlError as error:
        return Finding("control socket", well=False, text=str(error))
    return Finding("control socket", well=True, text=str(path))


def run_check(config: Config) -> int:
    """`perkd check`: prints a table; returns 0 when all is well, else 1."""
    # The libraries' own log lines say nothing that the findings don't, and would stand between them.
    logging.getLogger("hikari").addHandler(logging.NullHandler())
    findings = trio.run(examine, config)
    plain_console().print(draw_findings(findings))
    return 0 if all(finding.well for finding in findings) else 1


def draw_findings(findings: Sequence[Finding]) -> Table:
    """One line a finding, with the way out below where there is one."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        sign = Text("✓", "green") if finding.well else Text("✗", "bold red")
        text = Text(neutralised(redacted(finding.text)))
        if finding.way_out:
            text.append(f"\n→ {neutralised(redacted(finding.way_out))}", style="yellow")
        table.add_row(sign, Text(finding.what), text)
    return table
