"""`RichText` and Telegram's entities, both ways. Offsets and lengths of entities count UTF-16 units.

    from_entities(message.message, entities)
    text, entities = to_entities(value)

Pure: entities are values here.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from actors.vip.nesting import nested
from actors.vip.rich_text import RichText, Span, Style, rich
from daemon.telegram.values import Entity

MOST_ENTITIES = 100
"""Of one message: Telegram passes over what is more."""

_STYLES = {
    "Blockquote": Style.QUOTE,
    "Pre": Style.PRE,
    "Spoiler": Style.SPOILER,
    "Underline": Style.UNDERLINE,
    "Strike": Style.STRIKE,
    "Bold": Style.BOLD,
    "Italic": Style.ITALIC,
    "TextUrl": Style.LINK,
    "Code": Style.CODE,
}
_KINDS = {style: kind for kind, style in _STYLES.items()}
_LAST_LEFT_OUT = (Style.SPOILER, Style.LINK, Style.PRE, Style.CODE, Style.QUOTE)
"""Where there are too many: these say more than emphasis does."""


def from_entities(text: str, entities: Iterable[Entity]) -> RichText:
    """What a message of Telegram says, and how.

    Mentions by name, custom emoji, addresses and whatever else Telegram finds in a text are the text that
    stands there. An entity that begins or ends within a character holds all of it.
    """
    known = [entity for entity in entities if entity.kind in _STYLES]
    if not known:
        return rich(text)
    wide = _wide(text)
    starts = [place + before for before, place in enumerate(wide)]
    spans = []
    for entity in known:
        start = _point(starts, entity.offset, up=False)
        end = _point(starts, entity.offset + entity.length, up=True)
        spans.append(Span(start, end, _STYLES[entity.kind], entity.value))
    return rich(text, *spans)


def to_entities(value: RichText) -> tuple[str, tuple[Entity, ...]]:
    """The text and its entities, as Telegram keeps them: none around white space, none crossing another.

    White space around the text is left out, as Telegram would do.
    """
    value = value.stripped()
    wide = _wide(value.text)
    spans = nested(value.text, value.spans)
    if len(spans) > MOST_ENTITIES:
        spans = _most_telling(spans)
    entities = []
    for span in spans:
        start, end = (place + bisect_left(wide, place) for place in (span.start, span.end))
        entities.append(Entity(_KINDS[span.style], start, end - start, span.value))
    return value.text, tuple(entities)


def _wide(text: str) -> list[int]:
    """Where the characters of two units are."""
    if text.isascii():
        return []
    return [place for place, char in enumerate(text) if char > "\uffff"]


def _point(starts: Sequence[int], unit: int, *, up: bool) -> int:
    """The code point at a unit; within a character: its own, or the one after it."""
    before = bisect_left(starts, unit)
    within = before > 0 and starts[before - 1] + 1 == unit
    return unit - before + (1 if within and up else 0)


def _most_telling(spans: list[Span]) -> list[Span]:
    first = [span for span in spans if span.style in _LAST_LEFT_OUT]
    rest = [span for span in spans if span.style not in _LAST_LEFT_OUT]
    kept = set([*first, *rest][:MOST_ENTITIES])
    return [span for span in spans if span in kept]
