"""perkd's identity at Telegram, out of the configuration."""

import daemon
from daemon.config import TelegramConfig
from daemon.secrets import Secret, SecretError, require_secret
from daemon.telegram.values import Application

_WHERE = "both are on https://my.telegram.org, under API development tools"


def load_application(config: TelegramConfig) -> Application:
    """Read the id and the hash. Raises `SecretError`: it says all that is missing, and where to find it."""
    missing: list[str] = []
    api_id = _read("an application's id for Telegram", config.api_id_env, missing)
    api_hash = _read("an application's hash for Telegram", config.api_hash_env, missing)
    if api_id is not None and not _is_number(api_id.reveal()):
        missing.append(f"environment variable {config.api_id_env} is no number")
    if missing or api_id is None or api_hash is None:
        raise SecretError("; ".join((*missing, _WHERE)))
    return Application(int(api_id.reveal()), api_hash, daemon.__version__)


def _read(purpose: str, variable: str, missing: list[str]) -> Secret | None:
    try:
        return require_secret(purpose, variable or None)
    except SecretError as error:
        missing.append(str(error))
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < len(text.lstrip("0")) <= 10  # noqa: PLR2004 - 32 bits
