"""Long texts in parts that a message can hold.

    split(text, 4096)                   # Telegram: UTF-16 units of the text
    split(text, 2000, markdown_units)   # Discord: of what is written for it

A part ends where a paragraph does, else a line, else a word, else what a reader takes for one character.
Spans that were cut go on in the next part. Pure.
"""

import re
import unicodedata
from collections.abc import Callable

from actors.vip.rich_text import RichText, is_blank, units

Measure = Callable[[RichText], int]

_BREAKS = (re.compile(r"\n[ \t]*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…])\s"), re.compile(r"\s"))
"""From the best to the worst: a part ends behind the last one in its second half; a word's anywhere."""
_LONGEST_CHARACTER = 64
"""Code points that are kept together at most; longer stacks are no script's."""


def text_units(value: RichText) -> int:
    """The length of the bare text in UTF-16 units, as Telegram counts."""
    return units(value.text)


def split(
    value: RichText, longest: int, measure: Measure = text_units, first: int | None = None
) -> list[RichText]:
    """The text in parts of at most `longest` each, by `measure`; the first one of at most `first`.

    Put together the parts are the text, but for white space that would be a part of its own. A blank text has
    no parts. A single character that measures more than `longest` is a part all the same.
    """
    parts, at, size = [], 0, len(value.text)
    room = longest if first is None else first
    while at < size:
        end = _end_of_part(value, at, room, measure)
        if part := value.part(at, end):
            parts.append(part)
            room = longest
        at = end
    return parts


def _end_of_part(value: RichText, at: int, room: int, measure: Measure) -> int:
    text = value.text
    end = _within(text, at, room)
    while True:
        cut = end if end == len(text) else _boundary(value, at, end)
        long = measure(value.part(at, cut))
        if long <= room or cut <= at + 1:
            return cut
        # The measure grows about evenly with the text: the next guess is near, and never the same.
        end = max(at + 1, min(cut - 1, at + (cut - at) * room // long))


def _within(text: str, at: int, room: int) -> int:
    """As far as `room` units go, one character at least."""
    end = min(len(text), at + max(room, 1))
    while (over := units(text[at:end]) - room) > 0 and end > at + 1:
        end -= (over + 1) // 2
    return max(end, at + 1)


def _boundary(value: RichText, at: int, end: int) -> int:
    """The best place for an end between two offsets, and after the first one."""
    text, half = value.text, at + (end - at) // 2
    for pattern in _BREAKS:
        from_here = at + 1 if pattern is _BREAKS[-1] else half
        place = _last(pattern, text, from_here, end)
        if place > at and not is_blank(text[at:place]):
            return place
    return _between_characters(text, at, end)


def _last(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    last = 0
    for found in pattern.finditer(text, start, end):
        last = found.end()
    return last


# --- what a reader takes for one character ------------------------------------------------------

_JOINER = "\u200d"
_TONES = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)
_VIRAMA = 9
"""The combining class of signs that bind a letter to the one after it."""
_LEADING, _VOWELS, _TRAILING = range(0x1100, 0x1160), range(0x1160, 0x11A8), range(0x11A8, 0x1200)


def _between_characters(text: str, at: int, end: int) -> int:
    for place in range(end, max(at, end - _LONGEST_CHARACTER), -1):
        if not _joined(text, place):
            return place
    return end


def _joined(text: str, place: int) -> bool:
    """Whether what stands before and after an offset belongs together."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if _JOINER in (before, after) or unicodedata.category(after)[0] == "M":
        return True
    if unicodedata.combining(before) == _VIRAMA and after.isalpha():
        return True
    one, other = ord(before), ord(after)
    if other in _TONES or other in _TAGS or (before == "\r" and after == "\n"):
        return True
    if other in _VOWELS or other in _TRAILING or (one in _LEADING and other in _LEADING):
        return one in _LEADING or one in _VOWELS or one in _TRAILING or 0xAC00 <= one <= 0xD7A3  # noqa: PLR2004
    return one in _FLAGS and other in _FLAGS and _flags_before(text, place) % 2 == 1


def _flags_before(text: str, place: int) -> int:
    count = 0
    while count < place and ord(text[place - 1 - count]) in _FLAGS:
        count += 1
    return count
