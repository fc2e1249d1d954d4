"""From a `[[sources]]` table to its adapter."""

import httpx

from actors.ports import Feed, Source
from daemon.sources import distribution, json_feed, rss
from daemon.sources.http import Fetcher
from daemon.sources.listing import Listing
from daemon.sources.polled import Format, PolledSource
from daemon.sources.settings import SourceKind, SourceSettings
from daemon.sources.websocket_feed import WebSocketFeed

_FORMATS: dict[SourceKind, Format] = {
    SourceKind.JSON: json_feed.FORMAT,
    SourceKind.RSS: rss.FORMAT,
    SourceKind.DISTRIBUTION: distribution.FORMAT,
}


def open_source(settings: SourceSettings, client: httpx.AsyncClient) -> Source:
    """The adapter of a source that is polled, over a client that stays the caller's (`build_client`).

    It remembers what was accepted, and nothing else: make a new one for each incarnation of its poller.

    Raises:
        ValueError: the kind is one that pushes: `open_feed` is for those.
    """
    form = _FORMATS.get(settings.kind)
    if form is None:
        raise ValueError(f"source {settings.name}: kind {settings.kind} is listened to, not polled")
    private = {}
    if settings.kind is SourceKind.DISTRIBUTION and settings.secret is not None:
        private[distribution.KEY_HEADER] = settings.secret.reveal()
    fetcher = Fetcher(settings.url, client, accept=form.accept, private=private, timeout=settings.timeout)
    return PolledSource(form, fetcher, Listing(settings.name, settings.game))


def open_feed(settings: SourceSettings, games: frozenset[str] = frozenset()) -> Feed:
    """The adapter of a source that pushes. `games`: those whose codes it may push beside its own.

    Raises:
        ValueError: the kind is one that is polled, or the address is no `ws://` or `wss://` one.
    """
    if not settings.kind.pushes:
        raise ValueError(f"source {settings.name}: kind {settings.kind} is polled, not listened to")
    return WebSocketFeed(settings, games=games)
