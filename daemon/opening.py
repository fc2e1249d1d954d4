"""From the configuration to the parts of the tree: adapters opened, policies read, secrets fetched."""

import sys
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from random import Random
from typing import TYPE_CHECKING

import httpx
from attrs import define, field

from actors.giftcodes.budgets import Budgets, RedeemPolicy, StepBackoff
from actors.giftcodes.circuit import CircuitPolicy
from actors.giftcodes.feed import FeedActor
from actors.giftcodes.poller import PollerActor
from actors.giftcodes.pool_policy import PoolPolicy
from actors.giftcodes.source_health import PollerPolicy
from actors.ports import CaptchaSolver, Clock, FoundCode, GameAPI
from daemon.assembly import Settings
from daemon.captcha import TerminalSolver, load_solver
from daemon.config import Config, GameConfig, SourceConfig
from daemon.gameapi import GameSettings, open_game_api
from daemon.logs import add_secret
from daemon.secrets import Secret, SecretError, load_secret
from daemon.sources import SourceSettings, build_client, open_feed, open_source, pushes
from supervision import Actor, ActorRef

if TYPE_CHECKING:
    from daemon.discord.parts import DiscordParts

MakePoller = Callable[[ActorRef], Actor]


def redeem_policy(config: Config) -> RedeemPolicy:
    """`[redeem]`, as far as retries go by it."""
    redeem = config.redeem
    budgets = redeem.budgets
    return RedeemPolicy(
        budgets=Budgets(
            relogin=budgets.relogin,
            login=budgets.login,
            rate_limited=budgets.rate_limited,
            unknown=budgets.unknown,
            temporary=budgets.temporary,
            captcha=budgets.captcha,
            crash=budgets.crash,
            total=budgets.total,
        ),
        backoff=StepBackoff(redeem.backoff.step, redeem.backoff.max),
        retry_after=redeem.retry_after,
        retry_rounds=redeem.retry_rounds,
    )


def pool_policy(config: Config) -> PoolPolicy:
    """`[redeem]`, as far as the session pool goes by it."""
    redeem, circuit = config.redeem, config.redeem.circuit
    return PoolPolicy(
        concurrency=redeem.concurrency,
        requests_per_minute=redeem.requests_per_minute,
        player_spacing=redeem.player_spacing,
        call_timeout=redeem.timeout,
        circuit=CircuitPolicy(
            system_first=circuit.first,
            system_max=circuit.max,
            network_first=circuit.network_first,
            network_max=circuit.network_max,
        ),
    )


def poller_policy(config: Config, source: SourceConfig) -> PollerPolicy:
    """`[poller]` with the interval of one source."""
    poller = config.poller
    return PollerPolicy(
        interval=source.interval,
        fetch_attempts=poller.fetch_attempts,
        max_consecutive_errors=poller.max_consecutive_errors,
        error_interval_factor=poller.error_interval_factor,
        health_every=poller.health_every,
    )


def settings_of(config: Config) -> Settings:
    """What can change while the daemon runs."""
    return Settings(redeem_policy(config), pool_policy(config))


@define
class Opened:
    """The adapters of one run, and what an operator has to know of them."""

    apis: dict[str, GameAPI] = field(factory=dict)
    solvers: dict[str, CaptchaSolver] = field(factory=dict)
    pollers: dict[str, MakePoller] = field(factory=dict)
    keyless: dict[str, str] = field(factory=dict)
    """Games without a signing key, each with what to do about it."""
    setups: dict[str, Secret] = field(factory=dict)
    """How each game is called: see `game_setup`."""
    notes: list[str] = field(factory=list)
    """Other things that limit this run, as sentences."""

    @property
    def problems(self) -> tuple[str, ...]:
        """All of it, as sentences."""
        missing = (
            f"game {name} has no signing key, so its codes are posted but not redeemed: {way_out}"
            for name, way_out in self.keyless.items()
        )
        return (*missing, *self.notes)


def discord_parts(config: Config, clock: Clock) -> "DiscordParts | None":
    """What perkd has of Discord; None where the token's variable is not set. Raises `SecretError`."""
    token = load_secret(config.discord.token_env or None)
    if token is None:
        return None
    add_secret(token.reveal())
    from daemon.discord.parts import DiscordParts  # noqa: PLC0415 - hikari, only where it is used

    return DiscordParts(config.discord, token, clock)


async def open_adapters(
    config: Config,
    clock: Clock,
    policy: Callable[[SourceConfig], PollerPolicy],
    stack: AsyncExitStack,
    people: CaptchaSolver | None = None,
) -> Opened:
    """Open every adapter that the configuration names; the stack closes them.

    `policy` gives a poller its policy at the moment an incarnation of it is made. `people` are those who read
    captchas where perkd has a channel for that; None: who sits at the terminal. Raises `SecretError` or
    `PluginError` where a secret or a plug-in is named but can't be had.
    """
    opened = Opened()
    for name, game in config.games.items():
        key = sign_key(game)
        opened.setups[name] = game_setup(game, key)
        if key is None:
            # Without an API nothing is owed in this game; what is found is recorded and posted all the same.
            opened.keyless[name] = way_to_key(game)
        else:
            settings = game_settings(name, game, key, config.redeem.timeout)
            opened.apis[name] = await stack.enter_async_context(open_game_api(settings, clock))
        solver = captcha_solver(name, game, config, opened.notes, people)
        if solver is not None:
            opened.solvers[name] = solver
    client = await stack.enter_async_context(build_client())
    games = frozenset(config.games)
    for source in config.sources:
        opened.pollers[source.name] = _poller(source, games, client, clock, policy)
    return opened


def game_setup(game: GameConfig, key: Secret | None) -> Secret:
    """All that an operator may have to correct where the game's API refuses perkd, to be compared."""
    return Secret("\n".join((game.protocol, game.base_url, game.origin, key.reveal() if key else "")))


def changed_keys(config: Config, opened: Opened) -> list[str]:
    """Games whose signing key is another one than the daemon runs with. One that can't be read counts."""
    changed = []
    for name, game in config.games.items():
        if name in opened.setups:
            try:
                same = game_setup(game, load_secret(game.sign_key_env or None, game.sign_key_file))
            except SecretError:
                changed.append(name)
                continue
            if same != opened.setups[name]:
                changed.append(name)
    return changed


def sign_key(game: GameConfig) -> Secret | None:
    """The game's key; None where there is none. Raises `SecretError`."""
    key = load_secret(game.sign_key_env or None, game.sign_key_file)
    if key is not None:
        add_secret(key.reveal())
    return key


def way_to_key(game: GameConfig) -> str:
    """What to do where the key is missing."""
    if game.sign_key_env:
        return f"set the environment variable {game.sign_key_env}"
    return f"write it into {game.sign_key_file}"


def game_settings(name: str, game: GameConfig, key: Secret, within: float) -> GameSettings:
    """What a game's adapter is made from; `within`: seconds for one call."""
    return GameSettings(
        name=name,
        protocol=game.protocol,
        base_url=game.base_url,
        origin=game.origin,
        sign_key=key,
        captcha=game.captcha,
        timeout=within,
    )


def captcha_solver(
    name: str, game: GameConfig, config: Config, notes: list[str], people: CaptchaSolver | None = None
) -> CaptchaSolver | None:
    """Who reads the game's captchas; None where nobody needs to. Raises `PluginError`; `notes` may grow."""
    if game.protocol != "v1" or game.captcha == "none":
        return None
    if game.captcha != "person":
        return load_solver(game.captcha)
    if people is not None:
        return people
    if not sys.stdin.isatty():
        notes.append(
            f"game {name} wants a person to read captchas, but perkd runs without a terminal, and without a "
            "channel for them at Discord ([discord] captcha_channel)"
        )
    return TerminalSolver(config.perkd.data_dir)


def source_settings(source: SourceConfig) -> SourceSettings:
    """What a source's adapter is made from. Raises `SecretError`."""
    secret = load_secret(source.api_key_env or None) or load_secret(source.token_env or None)
    if secret is not None:
        add_secret(secret.reveal())
    return SourceSettings(source.name, source.game, source.kind, source.url, secret)


def _poller(
    source: SourceConfig,
    games: frozenset[str],
    client: httpx.AsyncClient,
    clock: Clock,
    policy: Callable[[SourceConfig], PollerPolicy],
) -> MakePoller:
    settings = source_settings(source)
    if pushes(settings):
        waiting: deque[FoundCode] = deque()  # outlives the incarnations: a feed lists nothing twice

        def make_feed(campaign: ActorRef) -> Actor:
            feed = open_feed(settings, games)
            return FeedActor(source.name, feed, campaign, clock, policy(source), Random(), waiting)  # noqa: S311 - jitter

        return make_feed

    def make_poller(campaign: ActorRef) -> Actor:
        return PollerActor(source.name, open_source(settings, client), campaign, clock, policy(source))

    return make_poller
