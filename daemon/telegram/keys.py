"""The key that sessions in the store are encrypted with: made by `perkd telegram key`, kept by the operator.

AES-256-GCM: what was changed, or belongs to another account, does not open. What is sealed is base64 text of
a version, the key's id, a random nonce, and the encrypted bytes.
"""

import base64
import binascii
import hashlib
import os
import re
from typing import TYPE_CHECKING

from attrs import field, frozen

from daemon.logs import add_secret
from daemon.secrets import SecretError, load_secret

if TYPE_CHECKING:
    from daemon.config import TelegramConfig

KEY_BYTES = 32
_VERSION = b"\x01"
_ID_BYTES = 8
_NONCE_BYTES = 12
_BEGINNING = len(_VERSION) + _ID_BYTES + _NONCE_BYTES
_TEXT = re.compile(r"[A-Za-z0-9_-]{43}=")


class CannotOpen(Exception):  # noqa: N818 - told to a person
    """A sealed session does not open; the text says why, without secrets."""


@frozen(repr=False)
class SessionKey:
    """Seals and opens sessions. `variable` names where it comes from."""

    _key: bytes = field()
    variable: str

    def seal(self, account: str, session: bytes) -> str:
        """Encrypt a session, for this account alone."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - where a key is set

        beginning = _VERSION + self._id + os.urandom(_NONCE_BYTES)
        encrypted = AESGCM(self._key).encrypt(
            beginning[-_NONCE_BYTES:], session, _bound_to(account, beginning)
        )
        return base64.b64encode(beginning + encrypted).decode("ascii")

    def open(self, account: str, sealed: str) -> bytes:
        """What was sealed for this account. Raises `CannotOpen`."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        damaged = CannotOpen(f"the session of {account} in the store is damaged")
        try:
            data = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError):
            raise damaged from None
        if len(data) <= _BEGINNING:
            raise damaged
        if data[:1] != _VERSION:
            raise CannotOpen(f"the session of {account} in the store was written by a newer perkd")
        if data[1 : 1 + _ID_BYTES] != self._id:
            raise CannotOpen(
                f"the session of {account} in the store was sealed with another key than {self.variable}'s"
            )
        beginning = data[:_BEGINNING]
        try:
            return AESGCM(self._key).decrypt(
                beginning[-_NONCE_BYTES:], data[_BEGINNING:], _bound_to(account, beginning)
            )
        except InvalidTag:
            raise damaged from None

    @property
    def _id(self) -> bytes:
        """Tells keys apart; the key can't be found out from it."""
        return hashlib.sha256(b"perkd session key " + self._key).digest()[:_ID_BYTES]


def _bound_to(account: str, beginning: bytes) -> bytes:
    return beginning + account.encode()


def new_key() -> str:
    """A new key, as the environment variable is to hold it."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode("ascii")


def load_session_key(config: "TelegramConfig") -> SessionKey | None:
    """The key in the environment; None where none is set. Raises `SecretError` where it is none."""
    variable = config.session_key_env
    secret = load_secret(variable or None)
    if secret is None:
        return None
    add_secret(secret.reveal())
    return read_key(secret.reveal(), variable)


def read_key(text: str, variable: str) -> SessionKey:
    """The key in a variable's value. Raises `SecretError`, without the value."""
    if not _TEXT.fullmatch(text):
        raise SecretError(
            f"environment variable {variable} holds no key for sessions (44 characters, the last one =)",
            "make one with `perkd telegram key`",
        )
    return SessionKey(base64.urlsafe_b64decode(text), variable)
