"""What is signed, and how: the signature of a call's fields, and how a fid is spelled."""

import hashlib
from collections.abc import Mapping

from daemon.secrets import Secret

_LONGEST_FID = 20


def sign(fields: Mapping[str, str], key: Secret) -> str:
    """The signature of a call: lower-case hex MD5 of `name=value&…` in order of names, and the key.

    A field called `sign` is left out. MD5 is what the games ask for; it protects nothing of ours.
    """
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign")
    return hashlib.md5((text + key.reveal()).encode(), usedforsecurity=False).hexdigest()


def signed(fields: Mapping[str, str], key: Secret) -> dict[str, str]:
    """The fields with their signature beside them, as they are sent."""
    return {**fields, "sign": sign(fields, key)}


def is_decimal(text: str) -> bool:
    """Whether the text is a plain decimal number: ASCII digits, 20 at most."""
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_FID


def check_fid(text: str) -> str:
    """The fid without white space around it.

    Raises:
        ValueError: it is not a decimal number; the text says so and what to do.
    """
    fid = text.strip()
    if not is_decimal(fid):
        raise ValueError(f"fid = {text[:40]!r}: must be the player's number, digits only")
    return fid
