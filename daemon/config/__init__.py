"""The configuration: `config.toml` as typed, checked, frozen values. See docs/configuration.md."""

from daemon.config.faults import ConfigError
from daemon.config.files import find_config
from daemon.config.loading import load_config
from daemon.config.reload import reloadable_changes
from daemon.config.schema import (
    AccountConfig,
    BackoffConfig,
    BoardConfig,
    BudgetsConfig,
    CircuitConfig,
    Config,
    DiscordConfig,
    GameConfig,
    PerkdConfig,
    PollerConfig,
    RedeemConfig,
    SourceConfig,
    StatusConfig,
    StorageConfig,
    SupervisionConfig,
    TelegramConfig,
    VipConfig,
)

__all__ = [
    "AccountConfig",
    "BackoffConfig",
    "BoardConfig",
    "BudgetsConfig",
    "CircuitConfig",
    "Config",
    "ConfigError",
    "DiscordConfig",
    "GameConfig",
    "PerkdConfig",
    "PollerConfig",
    "RedeemConfig",
    "SourceConfig",
    "StatusConfig",
    "StorageConfig",
    "SupervisionConfig",
    "TelegramConfig",
    "VipConfig",
    "find_config",
    "load_config",
    "reloadable_changes",
]
