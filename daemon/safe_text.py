"""Text from outside, made fit for a line that people read: no control characters, no endless length."""

import unicodedata

_UNSAFE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories that end a line, drive a terminal, or can't be encoded."""
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that show the rest of the line in another order (CVE-2021-42574)."""


def neutralised(text: str) -> str:
    r"""`text` on one line: line ends, ANSI escapes, lone surrogates and the like as `\n`, `\x1b`, `\ud800`.

    Signs made of several characters (emoji with joiners) stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(_escaped(char) if _unsafe(char) else char for char in text)


def _unsafe(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in _UNSAFE


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def cut(text: str, limit: int, length: int | None = None) -> str:
    """The first `limit` characters, and how many are left out where there are more.

    `length` is the real length, where `text` is only the beginning of something longer.
    """
    whole = len(text) if length is None else length
    if len(text) <= limit and whole <= limit:
        return text
    return f"{text[:limit]}… ({whole - min(limit, len(text))} more)"
