"""Code sources: what they list, when, and how each kind writes it down (docs/redeeming.md)."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

import trio
from attrs import define, field, frozen

from daemon.simulator.answers import encode


@frozen
class Listing:
    """One code on a source's page."""

    code: str
    visible_after: float = 0.0
    """Seconds since the simulator's start."""
    expires: float | None = None
    """Unix seconds."""


@define(kw_only=True)
class SimSource:
    """A page that lists one game's codes. It is served as JSON, RSS, distribution API and websocket."""

    name: str
    game: str
    api_key: str = field(default="", repr=False)
    """Wanted by the distribution API as `X-API-Key`; "": not wanted."""
    listings: list[Listing] = field(factory=list)
    changed: trio.Event = field(factory=trio.Event, init=False, repr=False)
    """Set, and replaced by a fresh one, whenever a listing is added."""

    def add(self, *listings: Listing) -> None:
        """List more codes; those who wait for `changed` learn of it."""
        self.listings.extend(listings)
        self.changed.set()
        self.changed = trio.Event()

    def visible(self, elapsed: float) -> list[Listing]:
        """What is on the page `elapsed` seconds after the start."""
        return [listing for listing in self.listings if listing.visible_after <= elapsed]

    def next_after(self, elapsed: float) -> float | None:
        """When the next listing becomes visible, in seconds since the start; None: none is waiting."""
        return min((one.visible_after for one in self.listings if one.visible_after > elapsed), default=None)


@frozen
class Page:
    """A rendered source: what is sent, and the validators of conditional requests (RFC 9110)."""

    media_type: str
    body: bytes = field(repr=False)
    etag: str
    last_modified: str

    def is_known_by(self, if_none_match: str | None, if_modified_since: str | None) -> bool:
        """Whether 304 is the answer. An entity tag outranks a date."""
        if if_none_match is not None:
            tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
            return "*" in tags or self.etag in tags
        return if_modified_since == self.last_modified


def render(source: SimSource, listings: Sequence[Listing], kind: str, epoch: float) -> Page:
    """The source as `kind` writes it (`json`, `rss`, `distribution`); `epoch`: unix time of the start."""
    media_type, write = _KINDS[kind]
    body = write(source, listings, epoch)
    changed = epoch + max((listing.visible_after for listing in listings), default=0.0)
    etag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
    return Page(media_type, body, etag, format_datetime(_utc(changed), usegmt=True))


def push_message(source: SimSource, listing: Listing) -> dict[str, Any]:
    """What the websocket pushes for a listing."""
    message: dict[str, Any] = {"code": listing.code, "game": source.game}
    return message if listing.expires is None else {**message, "expires": _iso(listing.expires)}


def _as_json(source: SimSource, listings: Sequence[Listing], epoch: float) -> bytes:
    del source
    codes = [
        {
            "id": number,
            "code": one.code,
            "createdAt": _iso(epoch + one.visible_after),
            **({} if one.expires is None else {"expiresAt": _iso(one.expires)}),
        }
        for number, one in enumerate(listings, start=1)
    ]
    return encode({"status": "success", "data": {"giftCodes": codes, "total": len(codes)}})


def _as_rss(source: SimSource, listings: Sequence[Listing], epoch: float) -> bytes:
    page = f"https://{source.name}.example"
    items = "".join(
        f"<item><title>{escape(one.code)}</title><link>{page}/#{escape(one.code)}</link>"
        f'<guid isPermaLink="false">{escape(source.game)}-{escape(one.code)}</guid>'
        f"<pubDate>{format_datetime(_utc(epoch + one.visible_after))}</pubDate></item>"
        for one in listings
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>{escape(source.name)}</title><link>{page}</link>"
        f"<description>Gift codes</description><language>en</language>{items}</channel></rss>"
    ).encode()


def _as_distribution(source: SimSource, listings: Sequence[Listing], epoch: float) -> bytes:
    del source
    codes = [f"{one.code} {_utc(epoch + one.visible_after):%d.%m.%Y}" for one in listings]
    return encode({"codes": codes})


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(int(at), UTC)


def _iso(at: float) -> str:
    return _utc(at).strftime("%Y-%m-%dT%H:%M:%S.000Z")


_KINDS: dict[str, tuple[str, Callable[[SimSource, Sequence[Listing], float], bytes]]] = {
    "json": ("application/json", _as_json),
    "rss": ("application/rss+xml; charset=UTF-8", _as_rss),
    "distribution": ("application/json", _as_distribution),
}
