"""Rules: what one value of the configuration may be, as data. A rule reads a value or refuses it."""

import math
import re
from pathlib import Path

import httpx
from attrs import frozen

from daemon.config.faults import RefusedError, show
from daemon.plugins import offered

MANY = 1_000_000
"""The most that a count may be: beyond every sense, within every store's numbers."""
YEAR = 366 * 86_400
"""The longest time that a number of seconds may be."""
_LARGEST_ID = 2**63 - 1
_LARGEST_PORT = 65_535


@frozen
class Rule:
    """What a value may be."""

    def read(self, value: object) -> object:
        """The value as the schema's type. Raises `RefusedError` with what it must be."""
        raise NotImplementedError


@frozen
class Flag(Rule):
    """true or false."""

    def read(self, value: object) -> bool:
        """See `Rule.read`."""
        if not isinstance(value, bool):
            raise RefusedError("must be true or false", show(value))
        return value


@frozen
class Whole(Rule):
    """A whole number from `low` to `high`; `says` replaces the words of both limits, `kind` of its type."""

    low: int = 0
    high: int = MANY
    says: str = ""
    kind: str = "must be a whole number"

    def read(self, value: object) -> int:
        """See `Rule.read`."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise RefusedError(self.kind, show(value))
        if value < self.low:
            raise RefusedError(self.says or f"must be {self.low} or more", show(value))
        if value > self.high:
            raise RefusedError(self.says or f"must be {self.high} or less", show(value))
        return value


@frozen
class Number(Rule):
    """A number from `low` (or just above it, with `above`) to `high`; finite. `zero`: or 0, for off."""

    low: float = 0.0
    high: float = YEAR
    above: bool = False
    zero: bool = False

    def read(self, value: object) -> float:
        """See `Rule.read`."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RefusedError("must be a number", show(value))
        if isinstance(value, float) and not math.isfinite(value):
            raise RefusedError("must be a finite number", show(value))
        if self.zero and value == 0:
            return 0.0
        if self.zero and value < self.low:
            raise RefusedError(f"must be 0, or {self.low:.12g} or more", show(value))
        if self.above and value <= self.low:
            raise RefusedError(f"must be more than {self.low:.12g}", show(value))
        if value < self.low:
            raise RefusedError(f"must be {self.low:.12g} or more", show(value))
        if value > self.high:
            raise RefusedError(f"must be {self.high:.12g} or less", show(value))
        return float(value)


@frozen
class Choice(Rule):
    """One of some words, or of some numbers."""

    options: tuple[str, ...] | tuple[int, ...]

    def read(self, value: object) -> object:
        """See `Rule.read`."""
        if type(value) is not type(self.options[0]) or value not in self.options:
            raise RefusedError(f"must be one of {', '.join(map(str, self.options))}", show(value))
        return value


@frozen
class Plugged(Rule):
    """One of some words, or a name that an installed package offers in an entry point group."""

    options: tuple[str, ...]
    group: str

    def read(self, value: object) -> str:
        """See `Rule.read`."""
        if isinstance(value, str) and (value in self.options or value in offered(self.group)):
            return value
        words = (*self.options, *offered(self.group))
        raise RefusedError(f"must be one of {', '.join(words)}", show(value))


@frozen
class Text(Rule):
    """Text that matches `pattern` as a whole; `says` tells people what that is."""

    pattern: str
    says: str

    def read(self, value: object) -> str:
        """See `Rule.read`."""
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            raise RefusedError(self.says, show(value))
        return value


@frozen
class EnvName(Rule):
    """The name of an environment variable that holds a secret, or "" for none.

    Small letters are refused: a secret pasted here by mistake would be taken for a name, and shown.
    Whatever is refused is not shown either.
    """

    def read(self, value: object) -> str:
        """See `Rule.read`."""
        if not isinstance(value, str) or not re.fullmatch(r"([A-Z_][A-Z0-9_]{0,63})?", value):
            raise RefusedError(
                "must be the name of an environment variable (A-Z, 0-9 and _), not the secret itself", None
            )
        return value


@frozen
class Url(Rule):
    """A URL of one of the schemes; `bare`: without path or query. Slashes at the end are dropped."""

    schemes: tuple[str, ...] = ("http", "https")
    bare: bool = False
    query: bool = False

    def read(self, value: object) -> str:
        """See `Rule.read`."""
        if not isinstance(value, str):
            raise RefusedError("must be a URL", show(value))
        shown = show(_without_secrets(value))
        try:
            url = httpx.URL(value)
        except httpx.InvalidURL:
            raise RefusedError("must be a URL", shown) from None
        if url.scheme not in self.schemes or not url.host or "%" in url.host:
            raise RefusedError(f"must be a URL beginning with {self._beginnings()}", shown)
        if url.userinfo:
            raise RefusedError("must not hold a user name or password", shown)
        if url.port is not None and not 0 < url.port <= _LARGEST_PORT:
            raise RefusedError(f"must have a port from 1 to {_LARGEST_PORT}", shown)
        self._check_rest(url, shown)
        return value if self.query else value.rstrip("/")

    def _check_rest(self, url: httpx.URL, shown: str) -> None:
        if url.fragment or (url.query and not self.query):
            raise RefusedError("must not have a query or a fragment (? or #)", shown)
        if self.bare and url.path.strip("/"):
            raise RefusedError("must be scheme and host only, without a path", shown)

    def _beginnings(self) -> str:
        return " or ".join(f"{scheme}://" for scheme in self.schemes)


@frozen
class Listen(Rule):
    """`host:port` to listen on, `[::1]:port` for IPv6; "" for off."""

    def read(self, value: object) -> str:
        """See `Rule.read`."""
        if not isinstance(value, str):
            raise RefusedError('must be "host:port", or "" for off', show(value))
        match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})", value)
        if value and (match is None or int(match[2]) > _LARGEST_PORT):
            raise RefusedError(
                f'must be "host:port" with a port up to {_LARGEST_PORT}, or "" for off', show(value)
            )
        return value


@frozen
class Location(Rule):
    """A path; relative ones are relative to the configuration file, `~` is the home directory."""

    def read(self, value: object) -> Path:
        """See `Rule.read`."""
        if not isinstance(value, str) or not value or not value.isprintable():
            raise RefusedError("must be a path", show(value))
        try:
            return Path(value).expanduser()
        except RuntimeError:
            raise RefusedError("must be a path; there is no such home directory", show(value)) from None


def _without_secrets(url: str) -> str:
    hidden = re.sub(r"//.*@", "//***@", url, flags=re.DOTALL)
    return re.sub(r"\?.*", "?…", hidden, flags=re.DOTALL)


NAME = Text(r"[a-z0-9_-]{1,32}", "must be 1 to 32 of the characters a-z, 0-9, _ and -")
_ID = (
    "must be a Discord id, a number without quotes: switch on Developer Mode in Discord's settings, then "
    "right-click it and choose Copy ID"
)
SNOWFLAKE = Whole(1, _LARGEST_ID, "must be a Discord id, a positive number", _ID)
MAYBE_SNOWFLAKE = Whole(0, _LARGEST_ID, "must be a Discord id, or 0 for none", _ID)
