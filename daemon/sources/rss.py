"""Kind `rss`: an RSS 2.0 feed (also RSS 1.0 and Atom) whose items announce codes.

The feed of wosgiftcodes.com is such a one: one `<item>` a code, its `<title>` the bare code, beside it
`link`, `guid`, `pubDate`, and no expiry. Other feeds write sentences, so an item's code is looked for

1. in its title: one word of `[A-Za-z0-9]+`, or `Code: X`;
2. in its description (`description`, `summary`, `content`), tags removed: `Code: X` only, since one word
   there is as likely the reward.

An item without a code is news, and skipped. The expiry comes from an element named like `expires` or
`expiry` in any namespace, or else from `Expires: 2026-10-31…` in the description. Links are not followed.
"""

import html
import re
from collections.abc import Collection, Iterator, Sequence
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from attrs import frozen
from defusedxml import DefusedXmlException

from actors.giftcodes.codes import find_code_in_message, find_labelled_code
from actors.ports import SourceError
from daemon.sources.body import Body, excerpt
from daemon.sources.expiry import parse_expiry
from daemon.sources.listing import Entry
from daemon.sources.polled import Format

_ROOTS = frozenset({"rss", "rdf", "feed"})
_ITEMS = frozenset({"item", "entry"})
_DESCRIPTIONS = frozenset({"description", "summary", "content", "encoded"})
_EXPIRIES = frozenset({"expires", "expiresat", "expiry", "expirydate", "expiration", "expirationdate"})
_MAX_TEXT = 10_000

_TAG = re.compile(r"<[^<>]*>")
_EXPIRES = re.compile(
    r"\b(?:expir(?:es|y|ation)|valid until)(?:\s+(?:date|on|at))?\s?[:：]?\s?"
    r"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?)",
    re.IGNORECASE | re.ASCII,
)


@frozen
class Item:
    """One item: its texts, tags and character references resolved."""

    title: str = ""
    descriptions: tuple[str, ...] = ()
    expires: str = ""

    def __str__(self) -> str:
        return self.title or next(iter(self.descriptions), "")


def entries(body: Body) -> Sequence[object]:
    """The feed's items. Raises `SourceError` when it is no feed."""
    root = _parse(body)
    if _name(root) not in _ROOTS:
        raise SourceError(f"got XML with the root {excerpt(_name(root))} instead of an RSS feed")
    return [_item(element) for element in root.iter() if _name(element) in _ITEMS]


def _parse(body: Body) -> Element:
    if body.is_html:
        raise SourceError(f"got {body.description} instead of an RSS feed")
    try:
        root: Element = defusedxml.ElementTree.fromstring(body.content)
    except ParseError as error:
        raise SourceError(f"got bad XML ({excerpt(str(error))}): {body.description}") from None
    except DefusedXmlException as error:
        raise SourceError(f"got XML that is refused ({type(error).__name__})") from None
    except (ValueError, LookupError):
        raise SourceError(f"got XML in an encoding that can't be read: {body.description}") from None
    return root


def _name(element: Element) -> str:
    """The local name, in lower case."""
    return element.tag.rpartition("}")[2].lower()


def _item(element: Element) -> Item:
    return Item(
        title=next(_texts(element, {"title"}), ""),
        descriptions=tuple(_texts(element, _DESCRIPTIONS)),
        expires=next(_texts(element, _EXPIRIES), ""),
    )


def _texts(element: Element, names: Collection[str]) -> Iterator[str]:
    for child in element:
        if _name(child) in names:
            text = "".join(child.itertext())[:_MAX_TEXT]
            yield html.unescape(_TAG.sub(" ", text)).strip()


def read(entry: object) -> Entry | None:
    """The code an `Item` announces; None when it announces none."""
    if not isinstance(entry, Item):
        return None
    candidates = (find_code_in_message(entry.title), *map(find_labelled_code, entry.descriptions))
    code = next(filter(None, candidates), None)
    return Entry(code, _expiry(entry)) if code else None


def _expiry(item: Item) -> float | None:
    if item.expires:
        return parse_expiry(item.expires)
    for text in item.descriptions:
        if found := _EXPIRES.search(text):
            return parse_expiry(found[1])
    return None


FORMAT = Format("application/rss+xml, application/xml;q=0.9, text/xml;q=0.8", entries, read)
