"""Names for sends that are the same however often they are repeated. Pure."""

import hashlib

_HEX = 24
"""Discord takes 25 characters."""


def nonce(*parts: object) -> str:
    """Of a message in a thread: at most 25 characters."""
    return _digest(parts)[:_HEX]


def random_id(*parts: object) -> int:
    """Of a message at Telegram: 63 bits, never 0."""
    return int(_digest(parts)[:16], 16) % (2**63 - 1) + 1


def _digest(parts: tuple[object, ...]) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()
