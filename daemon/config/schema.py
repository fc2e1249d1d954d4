"""The schema: one frozen class a section, one attribute a key, its rule in its annotation.

Attribute names are the keys of the file. What each means: `config.toml` and docs/configuration.md.
"""

from pathlib import Path
from typing import Annotated

from attrs import field, frozen

from daemon.config.rules import (
    MAYBE_SNOWFLAKE,
    NAME,
    SNOWFLAKE,
    Choice,
    EnvName,
    Flag,
    Listen,
    Location,
    Number,
    Plugged,
    Text,
    Url,
    Whole,
)
from daemon.plugins import SOURCES

Name = Annotated[str, NAME]
Count = Annotated[int, Whole(0)]
CountFromOne = Annotated[int, Whole(1)]
Seconds = Annotated[float, Number()]
SomeSeconds = Annotated[float, Number(above=True)]
Env = Annotated[str, EnvName()]
Snowflake = Annotated[int, SNOWFLAKE]
MaybeSnowflake = Annotated[int, MAYBE_SNOWFLAKE]

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
SOURCE_KINDS = ("json", "rss", "distribution", "websocket")
DEFAULT_INTERVAL = 10.0
INTERVAL = Number(0.1)
"""What `interval` and `GIFTCODE_CHECK_INTERVAL` may be: below a tenth of a second a source is flooded."""


@frozen
class PerkdConfig:
    """`[perkd]`: the process."""

    data_dir: Annotated[Path, Location()] = Path("var")
    log_format: Annotated[str, Choice(("console", "json"))] = "console"
    log_level: Annotated[str, Choice(LOG_LEVELS)] = "info"


@frozen
class StatusConfig:
    """`[status]`: how the daemon shows itself."""

    listen: Annotated[str, Listen()] = "127.0.0.1:8470"
    socket: Annotated[Path, Location()] = Path("var/perkd.sock")
    token_env: Env = "PERKD_STATUS_TOKEN"  # noqa: S105 - the name of a variable

    @property
    def address(self) -> tuple[str, int] | None:
        """Host (IPv6 without brackets) and port to listen on; None where the web page is off."""
        if not self.listen:
            return None
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


@frozen
class SupervisionConfig:
    """`[supervision]`: the top level's restart budget."""

    intensity: Count = 10
    period: SomeSeconds = 60.0


@frozen
class GameConfig:
    """`[games.NAME]`: one game's web API.

    Exactly one of the two sign keys is given. `origin` is that of `base_url` where the file names none.
    """

    base_url: Annotated[str, Url()]
    origin: Annotated[str, Url(bare=True)] = ""
    protocol: Annotated[str, Choice(("v2", "v1"))] = "v2"
    sign_key_env: Env = ""
    sign_key_file: Annotated[Path | None, Location()] = None
    captcha: Annotated[
        str, Text(r"[A-Za-z0-9._-]{1,64}", "must be none, person, or the name of a plugged-in solver")
    ] = "person"


@frozen
class SourceConfig:
    """`[[sources]]`: one place that codes come from."""

    name: Name
    game: Name
    kind: Annotated[str, Plugged(SOURCE_KINDS, SOURCES)]
    url: Annotated[str, Url(("http", "https", "ws", "wss"), query=True)]
    interval: Annotated[float, INTERVAL] = DEFAULT_INTERVAL
    api_key_env: Env = ""
    token_env: Env = ""


@frozen
class BoardConfig:
    """`[boards.NAME]`: one plugged-in place to post codes to."""

    url: Annotated[str, Url(("http", "https", "ws", "wss"), query=True)]
    token_env: Env = ""


@frozen
class BudgetsConfig:
    """`[redeem.budgets]`: attempts per player and code, by class of failure."""

    relogin: Count = 3
    login: Count = 5
    rate_limited: Count = 10
    unknown: Count = 3
    temporary: Count = 10
    captcha: Count = 4
    crash: Count = 3
    total: CountFromOne = 10


@frozen
class BackoffConfig:
    """`[redeem.backoff]`: wait = step × attempt, up to max."""

    step: Seconds = 4.0
    max: Seconds = 60.0


@frozen
class CircuitConfig:
    """`[redeem.circuit]`: a game's pause after system-level answers, and after network failures."""

    first: SomeSeconds = 60.0
    max: SomeSeconds = 3600.0
    network_first: SomeSeconds = 5.0
    network_max: SomeSeconds = 300.0


@frozen
class RedeemConfig:
    """`[redeem]`: how codes are redeemed."""

    concurrency: Annotated[
        int, Whole(1, 2, "must be 1 or 2: the games' API never gets more than two sessions at once")
    ] = 2
    requests_per_minute: CountFromOne = 30
    player_spacing: Seconds = 3.0
    timeout: SomeSeconds = 30.0
    retry_after: Seconds = 3600.0
    retry_rounds: Count = 3
    budgets: BudgetsConfig = BudgetsConfig()
    backoff: BackoffConfig = BackoffConfig()
    circuit: CircuitConfig = CircuitConfig()


@frozen
class PollerConfig:
    """`[poller]`: how sources are asked."""

    fetch_attempts: CountFromOne = 3
    max_consecutive_errors: CountFromOne = 5
    error_interval_factor: Annotated[float, Number(1.0, 1000.0)] = 3.0
    health_every: CountFromOne = 100


@frozen
class StorageConfig:
    """`[storage]`: where the state is kept, and for how long.

    `backup_every` is 0 for no backups, `audit_days` 0 for an audit log that is kept for ever.
    """

    mongodb_uri_env: Env = "MONGODB_URI"
    mongodb_database: Annotated[
        str, Text(r"[A-Za-z0-9_-]{1,63}", "must be 1 to 63 of the characters A-Z, a-z, 0-9, _ and -")
    ] = "perkd"
    backup_every: Annotated[float, Number(60.0, zero=True)] = 0.0
    backup_dir: Annotated[Path | None, Location()] = None
    """None: `backups` in the data directory."""
    backup_keep: CountFromOne = 7
    audit_days: Annotated[float, Number(1.0, 36_600.0, zero=True)] = 365.0


@frozen
class DiscordConfig:
    """`[discord]`: the bot."""

    token_env: Env = "DISCORD_TOKEN"  # noqa: S105 - the name of a variable
    rest_url: Annotated[str, Url()] = "https://discord.com/api/v10"
    captcha_channel: MaybeSnowflake = 0
    owners: tuple[Snowflake, ...] = ()
    admin_roles: tuple[Snowflake, ...] = ()
    players_per_member: CountFromOne = 20


@frozen
class VipConfig:
    """`[vip]`: private threads to a desk on Telegram."""

    enabled: Annotated[bool, Flag()] = False
    upgrade_channel: MaybeSnowflake = 0
    staff_roles: tuple[Snowflake, ...] = ()
    vip_role: MaybeSnowflake = 0
    unreachable_thread: Annotated[str, Choice(("keep", "clean"))] = "keep"
    inactivity_hours: Annotated[float, Number(0.0, 8784.0)] = 24.0
    cooldown_minutes: Annotated[float, Number(0.0, 527_040.0)] = 1.0
    replay_max: Count = 50
    replay_hours: Annotated[float, Number(0.0, 8784.0)] = 24.0
    retention_days: Annotated[float, Number(1.0, 3660.0)] = 30.0
    log_channel: MaybeSnowflake = 0
    desk: Annotated[
        str,
        Text(
            r"(@[A-Za-z][A-Za-z0-9_]{3,31}|-?[0-9]{1,18})?",
            'must be "@username", or the id of a Telegram chat in quotes',
        ),
    ] = ""
    auto_archive_minutes: Annotated[int, Choice((60, 1440, 4320, 10080))] = 1440
    revoke_history: Annotated[bool, Flag()] = True


@frozen
class AccountConfig:
    """`[[telegram.accounts]]`: one Telegram account and its session file."""

    name: Name
    session: Annotated[Path, Location()]


@frozen
class TelegramConfig:
    """`[telegram]`: the application's identity, and the accounts."""

    api_id_env: Env = "TELEGRAM_API_ID"
    api_hash_env: Env = "TELEGRAM_API_HASH"
    session_key_env: Env = "TELEGRAM_SESSION_KEY"
    accounts: tuple[AccountConfig, ...] = ()


@frozen
class Config:
    """The whole configuration. `path` is the file it was read from, absolute."""

    perkd: PerkdConfig = PerkdConfig()
    status: StatusConfig = StatusConfig()
    supervision: SupervisionConfig = SupervisionConfig()
    games: dict[str, GameConfig] = field(factory=dict)
    sources: tuple[SourceConfig, ...] = ()
    boards: dict[str, BoardConfig] = field(factory=dict)
    redeem: RedeemConfig = RedeemConfig()
    poller: PollerConfig = PollerConfig()
    storage: StorageConfig = StorageConfig()
    discord: DiscordConfig = DiscordConfig()
    vip: VipConfig = VipConfig()
    telegram: TelegramConfig = TelegramConfig()
    path: Path = Path("config.toml")
