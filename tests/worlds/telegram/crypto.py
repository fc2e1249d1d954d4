"""MTProto 2.0, the server's side: what goes under an authorisation key."""

import os
from hashlib import sha1, sha256

from attrs import frozen
from telethon.crypto import AES  # type: ignore[import-untyped]

_TO_SERVER, _TO_CLIENT = 0, 8


class NotAuthenticError(Exception):
    """The message was not made with this key."""


@frozen
class SharedKey:
    """An authorisation key of 256 bytes that client and server share."""

    key: bytes

    @property
    def id(self) -> bytes:
        return sha1(self.key).digest()[-8:]  # noqa: S324 - so says the protocol

    @property
    def auxiliary(self) -> bytes:
        return sha1(self.key).digest()[:8]  # noqa: S324

    def seal(self, data: bytes) -> bytes:
        """Encrypt what the server says: salt, session, and a message."""
        padded = data + os.urandom(12 + -(len(data) + 12) % 16)
        message_key = self._message_key(padded, _TO_CLIENT)
        sealed: bytes = AES.encrypt_ige(padded, *self._aes(message_key, _TO_CLIENT))
        return self.id + message_key + sealed

    def unseal(self, packet: bytes) -> bytes:
        """Decrypt what the client says, padding included. Raises `NotAuthenticError`."""
        message_key = packet[8:24]
        padded: bytes = AES.decrypt_ige(packet[24:], *self._aes(message_key, _TO_SERVER))
        if self._message_key(padded, _TO_SERVER) != message_key:
            raise NotAuthenticError
        return padded

    def _message_key(self, padded: bytes, x: int) -> bytes:
        return sha256(self.key[88 + x : 120 + x] + padded).digest()[8:24]

    def _aes(self, message_key: bytes, x: int) -> tuple[bytes, bytes]:
        a = sha256(message_key + self.key[x : x + 36]).digest()
        b = sha256(self.key[40 + x : 76 + x] + message_key).digest()
        return a[:8] + b[8:24] + a[24:32], b[:8] + a[8:24] + b[24:32]


def new_key() -> SharedKey:
    """A key as if client and server had agreed on it earlier."""
    return SharedKey(b"\x7f" + os.urandom(255))
