"""perkd's identity at Telegram, out of the configuration."""

from attrs import define, field

import daemon
from daemon.config import TelegramConfig
from daemon.secrets import Secret, SecretError, load_secret
from daemon.telegram.values import Application

_WHERE = "on https://my.telegram.org, under API development tools"


def load_application(config: TelegramConfig) -> Application:
    """Read the id and the hash. Raises `SecretError`: it says all that is missing, and where to find it."""
    lacks = _Lacks()
    api_id = lacks.read("id", config.api_id_env)
    api_hash = lacks.read("hash", config.api_hash_env)
    if api_id is not None and not _is_number(api_id.reveal()):
        lacks.add(f"environment variable {config.api_id_env} is no number", config.api_id_env)
    if api_id is None or api_hash is None or lacks.faults:
        raise lacks.error()
    return Application(int(api_id.reveal()), api_hash, daemon.__version__)


@define
class _Lacks:
    """What is wrong, and what would mend it."""

    missing: list[str] = field(factory=list)
    faults: list[str] = field(factory=list)
    ways_out: list[str] = field(factory=list)
    to_set: list[str] = field(factory=list)

    def read(self, what: str, variable: str) -> Secret | None:
        try:
            secret = load_secret(variable or None)
        except SecretError as error:
            self.faults.append(error.fault)
            self.ways_out.append(error.way_out)
            return None
        if secret is None:
            self.missing.append(what)
            self.to_set.append(variable or f"to be named in [telegram] api_{what}_env")
        return secret

    def add(self, fault: str, variable: str) -> None:
        self.faults.append(fault)
        self.to_set.insert(0, variable)

    def error(self) -> SecretError:
        faults, ways_out = list(self.faults), list(self.ways_out)
        if self.missing:
            verb = "is" if len(self.missing) == 1 else "are"
            faults.insert(0, f"the application's {' and '.join(self.missing)} for Telegram {verb} missing")
        if self.to_set:
            one = len(self.to_set) == 1
            names = f"variable{'' if one else 's'} {' and '.join(self.to_set)}"
            ways_out.append(f"set the environment {names}: {'it is' if one else 'both are'} {_WHERE}")
        return SecretError("; ".join(faults), "; ".join(ways_out))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < len(text.lstrip("0")) <= 10  # noqa: PLR2004 - 32 bits
