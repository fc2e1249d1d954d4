"""Spotting codes in the messages of a watched channel. Pure.

A message announces codes when it is one word of `[A-Za-z0-9]+`, or holds `Code: X`. A person who chats in one
word in a watched channel therefore announces a code: watch channels that announce and nothing else.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from actors.giftcodes.codes import SHORTEST_WORD, find_code_in_message, find_labelled_codes

MOST_CODES = 20
"""Codes taken from one message; the real ones announce one to three."""

_NO_TEXT = re.compile(r"<(?:a?:\w+:|[@#][!&]?|/[^:>]+:|t:)\d+[^>\s]*>|https?://\S+", re.IGNORECASE)
"""Emoji, mentions, timestamps and links: their names and numbers are no words of the message."""

_LABEL = re.compile(r"\bcode[*_~`]*\s*[:：]", re.IGNORECASE)
_ENDS_WITH_LABEL = re.compile(r"\bcode[*_~`\s:：!]*$", re.IGNORECASE)


@frozen
class Part:
    """A titled part of a message: an embed, or a field of one."""

    title: str
    text: str


@frozen
class Sighting:
    """What a message announces."""

    codes: tuple[str, ...] = ()
    """In their exact spelling, each once, in their order; at most `MOST_CODES`."""
    attempted: bool = False
    """Somebody wrote `Code:`, whether or not a code could be read behind it."""


def spot(content: str, parts: Sequence[Part] = ()) -> Sighting:
    """The codes in a message and in its embeds.

    One word counts from `SHORTEST_WORD` characters on where nothing says that it is a code. A part whose
    title ends in `code`, and whose text is one word, is read as `Code: X`.

    >>> spot("Two gifts! Code: `Frost2026`, **gift code:** Snow7").codes
    ('Frost2026', 'Snow7')
    """
    found = tuple(dict.fromkeys((*_in_content(content, alone=not parts), *_in_parts(parts))))
    attempted = any(_LABEL.search(text) for text in _texts(content, parts))
    return Sighting(found[:MOST_CODES], attempted or bool(found))


def _in_content(content: str, *, alone: bool) -> tuple[str, ...]:
    words = _words_of(content)
    if labelled := find_labelled_codes(words):
        return labelled
    word = find_code_in_message(words) if alone else None
    return (word,) if word is not None and len(word) >= SHORTEST_WORD else ()


def _in_parts(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        yield from find_labelled_codes(_words_of(part.title))
        if _ENDS_WITH_LABEL.search(part.title) and (word := find_code_in_message(_words_of(part.text))):
            yield word
        else:
            yield from find_labelled_codes(_words_of(part.text))


def _texts(content: str, parts: Iterable[Part]) -> Iterator[str]:
    yield _words_of(content)
    for part in parts:
        yield _words_of(part.title)
        yield _words_of(part.text)


def _words_of(text: str) -> str:
    # The sign in their place keeps what stood before from running into what stood behind.
    return _NO_TEXT.sub(" ; ", text)
