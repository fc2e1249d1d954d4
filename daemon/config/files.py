"""The file: which one, and its text as TOML."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from daemon.config.faults import ConfigError
from daemon.safe_text import cut, neutralised

VARIABLE = "PERKD_CONFIG"
DEFAULT = Path("config.toml")
_LARGEST = 1 << 20
_WAY_OUT = (
    f"copy the config.toml that comes with perkd there, or name another file with --config or {VARIABLE}"
)


def find_config(option: Path | None, env: Mapping[str, str]) -> Path:
    """The configuration file: `--config`, or else `PERKD_CONFIG`, or else `./config.toml`.

    It need not exist; `load_config` says so where it does not.
    """
    if option is not None:
        return option
    return Path(env.get(VARIABLE) or DEFAULT)


def read_toml(path: Path) -> dict[str, object]:
    """The file's tables. Raises `ConfigError` where it can't be read, is no UTF-8, or is no TOML."""
    text = _decoded(_content(path), path.name)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path.name}: {_located(str(error), text)}"]) from None
    except ValueError:
        raise ConfigError([f"{path.name}: holds a number of thousands of digits"]) from None
    except RecursionError:
        raise ConfigError([f"{path.name}: its brackets are nested too deep"]) from None


def _content(path: Path) -> bytes:
    shown = neutralised(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise ConfigError([f"{shown}: there is no such file: {_WAY_OUT}"]) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError([f"{shown}: can't be read ({why}): {_WAY_OUT}"]) from None
    if len(content) > _LARGEST:
        raise ConfigError([f"{shown}: is larger than {_LARGEST} bytes, so it is no configuration file"])
    return content


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")  # some editors write a byte order mark
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise ConfigError([f"{name}: line {line}: not UTF-8 (byte 0x{byte:02x}): save it as UTF-8"]) from None


def _located(message: str, text: str) -> str:
    """`line 3, column 5: …`, out of what tomllib says at the end of its message."""
    found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if found:
        line, column, says = found[1], found[2], message[: found.start()]
    else:
        lines = text.rstrip("\n").split("\n")
        line, column = str(len(lines)), str(len(lines[-1]) + 1)
        says = message.removesuffix(" (at end of document)")
    return f"line {line}, column {column}: {neutralised(cut(says, 200))}"
