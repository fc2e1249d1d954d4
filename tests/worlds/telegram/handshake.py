"""The exchange that gives client and server a key, the server's side."""

import os
import struct
import time
from collections.abc import Callable
from hashlib import sha1

import rsa.core
from attrs import define
from telethon.crypto import AES  # type: ignore[import-untyped]
from telethon.extensions import BinaryReader  # type: ignore[import-untyped]
from telethon.helpers import generate_key_data_from_nonce  # type: ignore[import-untyped]
from telethon.tl import functions, types  # type: ignore[import-untyped]

from tests.worlds.telegram.crypto import SharedKey
from tests.worlds.telegram.primes import DH_BASE, DH_PRIME, FINGERPRINT, KEY, PQ, number_bytes


class HandshakeError(Exception):
    """The client did something that Telegram would close the connection for."""


@define(eq=False)
class Handshake:
    """One connection's exchange. `learn` gets the key when it is agreed on."""

    learn: Callable[[SharedKey], None]
    fingerprint: int = FINGERPRINT
    _nonce: int = 0
    _server_nonce: int = 0
    _new_nonce: int = 0
    _secret: int = 0

    def answer(self, packet: bytes) -> bytes:
        """The answer to an unencrypted packet."""
        message_id, length = struct.unpack("<qi", packet[8:20])
        request = BinaryReader(packet[20 : 20 + length]).tgread_object()
        body = bytes(self._answer(request))
        return struct.pack("<qqi", 0, message_id | 1, len(body)) + body

    def _answer(self, request: object) -> types.TLObject:
        match request:
            case functions.ReqPqMultiRequest(nonce=nonce):
                self._nonce = nonce
                self._server_nonce = int.from_bytes(os.urandom(16), "little", signed=True)
                return types.ResPQ(nonce, self._server_nonce, number_bytes(PQ[0] * PQ[1]), [self.fingerprint])
            case functions.ReqDHParamsRequest():
                return self._offer(request)
            case functions.SetClientDHParamsRequest():
                return self._agree(request)
        raise HandshakeError(f"{type(request).__name__} before there is a key")

    def _offer(self, request: functions.ReqDHParamsRequest) -> types.ServerDHParamsOk:
        if request.public_key_fingerprint != FINGERPRINT:
            raise HandshakeError("a key that is not ours")
        if (request.p, request.q) != tuple(map(number_bytes, PQ)):
            raise HandshakeError("wrong factors")
        block = rsa.core.decrypt_int(int.from_bytes(request.encrypted_data, "big"), KEY.d, KEY.n)
        inner = _checked(block.to_bytes(255, "big"))
        if (inner.nonce, inner.server_nonce) != (self._nonce, self._server_nonce):
            raise HandshakeError("the nonces of another exchange")
        self._new_nonce = inner.new_nonce
        self._secret = int.from_bytes(os.urandom(256), "big")
        answer = types.ServerDHInnerData(
            nonce=self._nonce,
            server_nonce=self._server_nonce,
            g=DH_BASE,
            dh_prime=number_bytes(DH_PRIME),
            g_a=number_bytes(pow(DH_BASE, self._secret, DH_PRIME)),
            server_time=int(time.time()),
        )
        sealed = AES.encrypt_ige(_signed(bytes(answer)), *self._key_data())
        return types.ServerDHParamsOk(self._nonce, self._server_nonce, sealed)

    def _agree(self, request: functions.SetClientDHParamsRequest) -> types.DhGenOk:
        inner = _checked(AES.decrypt_ige(request.encrypted_data, *self._key_data()))
        shared = pow(int.from_bytes(inner.g_b, "big"), self._secret, DH_PRIME)
        key = SharedKey(number_bytes(shared))
        self.learn(key)
        proof = self._new_nonce.to_bytes(32, "little", signed=True) + b"\x01" + key.auxiliary
        hashed = int.from_bytes(sha1(proof).digest()[4:20], "little", signed=True)  # noqa: S324
        return types.DhGenOk(self._nonce, self._server_nonce, hashed)

    def _key_data(self) -> tuple[bytes, bytes]:
        return generate_key_data_from_nonce(self._server_nonce, self._new_nonce)  # type: ignore[no-any-return]


def _signed(data: bytes) -> bytes:
    signed = sha1(data).digest() + data  # noqa: S324
    return signed + os.urandom(-len(signed) % 16)


def _checked(signed: bytes) -> types.TLObject:
    reader = BinaryReader(signed[20:])
    content = reader.tgread_object()
    if sha1(signed[20 : 20 + reader.tell_position()]).digest() != signed[:20]:  # noqa: S324
        raise HandshakeError("wrong hash")
    return content
