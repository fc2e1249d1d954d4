"""The second password, the server's side of SRP: it knows a verifier, never the password."""

import os
from hashlib import pbkdf2_hmac, sha256

from attrs import define, field
from telethon.tl import types  # type: ignore[import-untyped]

from tests.worlds.telegram.primes import DH_BASE, DH_PRIME

_P = DH_PRIME.to_bytes(256, "big")
_G = DH_BASE.to_bytes(256, "big")


def _h(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


@define(eq=False)
class Verifier:
    """What an account with a second password is checked against."""

    salt1: bytes = field(factory=lambda: os.urandom(16))
    salt2: bytes = field(factory=lambda: os.urandom(16))
    value: int = 0
    srp_id: int = 0
    _secret: int = 0

    @classmethod
    def of(cls, password: str) -> "Verifier":
        new = cls()
        first = _h(new.salt2, _h(new.salt1, password.encode(), new.salt1), new.salt2)
        slow = pbkdf2_hmac("sha512", first, new.salt1, 100_000)
        new.value = pow(DH_BASE, _number(_h(new.salt2, slow, new.salt2)), DH_PRIME)
        return new

    def challenge(self) -> types.account.Password:
        """A new question; an older one is worth nothing any more."""
        self._secret = _number(os.urandom(256))
        self.srp_id = _number(os.urandom(7))
        unknown = types.SecurePasswordKdfAlgoUnknown()
        return types.account.Password(
            new_algo=types.PasswordKdfAlgoUnknown(),
            new_secure_algo=unknown,
            secure_random=os.urandom(32),
            has_password=True,
            current_algo=types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
                self.salt1, self.salt2, DH_BASE, _P
            ),
            srp_B=self._public(),
            srp_id=self.srp_id,
            hint="the usual",
        )

    def accepts(self, answer: types.InputCheckPasswordSRP) -> bool:
        """Whether who answered knows the password."""
        b = self._public()
        u = _number(_h(answer.A, b))
        shared = pow(_number(answer.A) * pow(self.value, u, DH_PRIME), self._secret, DH_PRIME)
        mixed = bytes(x ^ y for x, y in zip(_h(_P), _h(_G), strict=True))
        proof = _h(mixed, _h(self.salt1), _h(self.salt2), answer.A, b, _h(shared.to_bytes(256, "big")))
        return bool(answer.srp_id == self.srp_id and proof == answer.M1)

    def _public(self) -> bytes:
        k = _number(_h(_P, _G))
        return ((k * self.value + pow(DH_BASE, self._secret, DH_PRIME)) % DH_PRIME).to_bytes(256, "big")
