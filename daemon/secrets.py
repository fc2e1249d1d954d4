"""Secrets: values that never show in logs, errors or reprs, and where they are read from."""

import os
from pathlib import Path

from attrs import define, field, frozen


class SecretError(Exception):
    """A secret can't be read.

    Attributes:
        fault: what is wrong, with the name of the variable or the file.
        way_out: what to do; "" where the fault says all.
    """

    def __init__(self, fault: str, way_out: str = "") -> None:
        super().__init__(f"{fault}: {way_out}" if way_out else fault)
        self.fault = fault
        self.way_out = way_out


@frozen(repr=False)
class Secret:
    """A value to be used, never shown: `repr`, `str` and f-strings say `Secret(…)`.

    >>> key = Secret("hunter2")
    >>> f"signing with {key}"
    'signing with Secret(…)'
    >>> key.reveal()
    'hunter2'
    """

    _value: str = field()

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"


CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts what `LoadCredential` names: a file for each."""


@define
class _Beside:
    """Where secrets are looked for that neither a variable nor the service manager gives."""

    directory: Path | None = None


BESIDE = _Beside()


def secrets_beside() -> Path | None:
    """The directory of `look_beside`; None before."""
    return BESIDE.directory


def look_beside(config: Path) -> None:
    """From now on the files in `credentials` beside the configuration count as the service manager's do.

    From there the unit in deploy/ takes them. So a command in a shell knows what the service knows: one that
    knew nothing of MongoDB would begin a state of its own.
    """
    BESIDE.directory = config.absolute().parent / "credentials"


def load_secret(env: str | None = None, file: Path | None = None) -> Secret | None:
    """Read a secret from the environment variable named `env`, or else from `file`.

    Where the variable is not set, the service manager's credential of the same name counts; where there is no
    service manager, the one beside the configuration (`look_beside`). Line ends at the end are stripped; an
    empty value counts as missing.

    Returns:
        The secret, or None where neither place holds one.

    Raises:
        SecretError: the file can't be read or is no UTF-8 text, or the value holds a control character.
    """
    if env is not None and (value := os.environ.get(env, "").rstrip("\r\n")):
        return _checked(value, f"environment variable {env}")
    if env and (credential := _credential(env)):
        file = credential
    if file is not None and (value := _read(file).rstrip("\r\n")):
        return _checked(value, f"secret file {file}")
    return None


def require_secret(purpose: str, env: str | None = None, file: Path | None = None) -> Secret:
    """Like `load_secret`, where perkd can't go on without it; `purpose` says in the error what it is for.

    Raises:
        SecretError: as `load_secret`, and when neither place holds a secret.
    """
    secret = load_secret(env, file)
    if secret is not None:
        return secret
    ways = []
    if env is not None:
        ways.append(f"set the environment variable {env}")
    if file is not None:
        ways.append(f"write it into {file}")
    if not ways:
        ways.append("name its environment variable or its file in config.toml")
    raise SecretError(f"{purpose} is missing", " or ".join(ways))


def _credential(name: str) -> Path | None:
    """The file that the service manager has for it, or that is beside the configuration."""
    given = os.environ.get(CREDENTIALS)
    directory = Path(given) if given else BESIDE.directory
    try:
        found = directory is not None and (directory / name).is_file()
    except PermissionError:  # of root alone: who may not read it is not meant
        return None
    return directory / name if found and directory is not None else None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise SecretError(
            f"secret file {file}: can't be read ({error.strerror})", "create it, readable by perkd's user"
        ) from error
    except UnicodeDecodeError:
        # `from None`: the decoding error carries the file's bytes.
        raise SecretError(f"secret file {file}: is no UTF-8 text", "write the bare value into it") from None


def _checked(value: str, place: str) -> Secret:
    if not value.isprintable():
        raise SecretError(
            f"{place}: holds a line break or another control character", "write the bare value, on one line"
        )
    return Secret(value)
