"""perkd's identity at Telegram, out of the configuration."""

import daemon
from daemon.config import TelegramConfig
from daemon.secrets import SecretError, require_secret
from daemon.telegram.values import Application

_WHERE = "both are on https://my.telegram.org, under API development tools"


def load_application(config: TelegramConfig) -> Application:
    """Read the id and the hash. Raises `SecretError`, which says what is missing and where it is found."""
    api_id = require_secret("an application's id for Telegram", config.api_id_env or None).reveal()
    api_hash = require_secret("an application's hash for Telegram", config.api_hash_env or None)
    if not (api_id.isascii() and api_id.isdigit() and int(api_id)):
        raise SecretError(f"environment variable {config.api_id_env} is no number; {_WHERE}")
    return Application(int(api_id), api_hash, daemon.__version__)
