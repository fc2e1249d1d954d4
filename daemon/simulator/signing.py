"""The server's side of signing: read from docs/redeeming.md independently of the client's."""

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping


def signature(fields: Mapping[str, str], key: str) -> str:
    """Lower-case hex MD5 of the fields other than `sign`, sorted by name and joined, with the key behind."""
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign")
    return hashlib.md5((text + key).encode(), usedforsecurity=False).hexdigest()


def is_signed(fields: Mapping[str, str], key: str) -> bool:
    """Whether `sign` is there and right. A hidden character (Unicode category C) is never right."""
    if any(unicodedata.category(letter).startswith("C") for value in fields.values() for letter in value):
        return False
    # Bytes: compare_digest refuses text that is not ASCII, and `sign` is whatever the client wrote.
    return hmac.compare_digest(fields.get("sign", "").encode(), signature(fields, key).encode())
