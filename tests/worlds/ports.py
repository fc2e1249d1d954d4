"""A port that is free now: for a program that can't be told to take any."""

import socket


def free_port() -> int:
    """Of 127.0.0.1. Somebody else may take it before it is used; hardly anybody does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number
