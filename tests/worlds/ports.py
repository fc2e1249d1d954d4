"""A port that is free now: for a program that can't be told to take any."""

import secrets
import socket

LOWEST, HIGHEST = 20_000, 32_000
"""Below what Linux, macOS and Windows give to outgoing connections: none of those takes one meanwhile."""

_given: set[int] = set()


def free_port() -> int:
    """Of 127.0.0.1, and not given before in this process."""
    for _ in range(HIGHEST - LOWEST):
        number = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
        if number not in _given and _is_free(number):
            _given.add(number)
            return number
    msg = f"no port of 127.0.0.1 between {LOWEST} and {HIGHEST} is free"
    raise OSError(msg)


def _is_free(number: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True
