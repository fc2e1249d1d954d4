"""From a `[[sources]]` table to its adapter: one that comes with perkd, or a plugged-in one."""

from typing import cast

import httpx

from actors.ports import Feed, Source
from daemon.plugins import SOURCES, Wanted
from daemon.sources import distribution, json_feed, rss
from daemon.sources.http import Fetcher
from daemon.sources.listing import Listing
from daemon.sources.polled import Format, PolledSource
from daemon.sources.settings import SourceKind, SourceSettings
from daemon.sources.websocket_feed import WebSocketFeed

_FORMATS: dict[str, Format] = {
    SourceKind.JSON: json_feed.FORMAT,
    SourceKind.RSS: rss.FORMAT,
    SourceKind.DISTRIBUTION: distribution.FORMAT,
}


_BUILT_IN = tuple(kind.value for kind in SourceKind)
_SOURCE = ("fetch()", "accept()")
_FEED = ("listen()",)


def pushes(settings: SourceSettings) -> bool:
    """Whether the source speaks by itself and is listened to, instead of being asked again and again.

    A plugged-in one is made to find out: it pushes if it can be listened to. Raises `PluginError`.
    """
    if settings.kind in _BUILT_IN:
        return settings.kind == SourceKind.WEBSOCKET
    wanted = _wanted(settings)
    made = wanted.load(settings, built_in=_BUILT_IN)
    if not callable(getattr(made, "listen", None)):
        wanted.check(made, _SOURCE)
        return False
    return True


def open_source(settings: SourceSettings, client: httpx.AsyncClient) -> Source:
    """The adapter of a source that is polled, over a client that stays the caller's (`build_client`).

    It remembers what was accepted, and nothing else: make a new one for each incarnation of its poller.

    Raises:
        ValueError: the kind is one that pushes: `open_feed` is for those.
        PluginError: a plugged-in kind can't be had.
    """
    if settings.kind not in _BUILT_IN:
        return cast(Source, _wanted(settings).load(settings, methods=_SOURCE, built_in=_BUILT_IN))
    form = _FORMATS.get(settings.kind)
    if form is None:
        raise ValueError(f"source {settings.name}: kind {settings.kind} is listened to, not polled")
    private = {}
    if settings.kind == SourceKind.DISTRIBUTION and settings.secret is not None:
        private[distribution.KEY_HEADER] = settings.secret.reveal()
    fetcher = Fetcher(settings.url, client, accept=form.accept, private=private, timeout=settings.timeout)
    return PolledSource(form, fetcher, Listing(settings.name, settings.game))


def open_feed(settings: SourceSettings, games: frozenset[str] = frozenset()) -> Feed:
    """The adapter of a source that pushes. `games`: those whose codes it may push beside its own.

    Raises:
        ValueError: the kind is one that is polled, or the address is no `ws://` or `wss://` one.
        PluginError: a plugged-in kind can't be had.
    """
    if settings.kind not in _BUILT_IN:
        return cast(Feed, _wanted(settings).load(settings, methods=_FEED, built_in=_BUILT_IN))
    if settings.kind != SourceKind.WEBSOCKET:
        raise ValueError(f"source {settings.name}: kind {settings.kind} is polled, not listened to")
    return WebSocketFeed(settings, games=games)


def _wanted(settings: SourceSettings) -> Wanted:
    return Wanted(SOURCES, settings.kind, f"source {settings.name}: kind = {settings.kind!r}", "source")
