"""The web side of one daemon, put together: what `app.py` takes from here are actors."""

import logging
from collections.abc import Awaitable, Callable

from attrs import define, field
from starlette.types import ASGIApp

from actors.giftcodes.publisher import CodeFeed
from actors.ports import Clock
from daemon.assembly import CAMPAIGN, POOL
from daemon.config import Config
from daemon.control.app import Document, control_app
from daemon.secrets import Secret, load_secret
from daemon.service import Service
from daemon.status import StatusReport
from daemon.web.actions import Actions
from daemon.web.actor import WebActor, is_loopback
from daemon.web.app import Watchers, Web
from daemon.web.feed import FeedRoute
from daemon.web.guard import Guard
from daemon.web.happenings import Happenings
from daemon.web.page import PageData
from daemon.web.pages import Pages
from daemon.web.watching import StatusFeed
from supervision import DynamicRef, Tree

logger = logging.getLogger("perkd.web")

ANSWER_WITHIN = 2.0
"""Seconds the campaign has to tell how codes stand."""


@define(eq=False)
class WebSide:
    """One for the daemon; its actor may have many incarnations. Not made where `[status] listen` is empty."""

    config: Config
    clock: Clock
    tree: Tree
    report: StatusReport
    happenings: Happenings
    service: Callable[[], Service]
    reload: Callable[[], Awaitable[Document]]
    codes: CodeFeed
    bound: int = field(default=0, init=False)
    """The port it listens on; 0 before."""
    _watchers: Watchers = field(factory=Watchers)

    def actor(self) -> WebActor:
        """The server of one incarnation. Raises `SecretError`."""
        host, port = self._address()
        feed = StatusFeed(self.report.make)
        return WebActor(
            host,
            port or self.bound,  # where any would do, a new life keeps the last one's
            self._token(),
            self.config.status.token_env,
            lambda: self._app(feed),
            feed,
            self._note_port,
        )

    def _note_port(self, port: int) -> None:
        self.bound = port
        logger.info("🌐 The page is at %s", self.url, extra={"url": self.url})

    @property
    def url(self) -> str:
        """Where the page is; "" before it is served."""
        host, _ = self._address()
        return f"http://{f'[{host}]' if ':' in host else host}:{self.bound}/" if self.bound else ""

    def notes(self) -> tuple[str, ...]:
        """What an operator has to know of it."""
        host, _ = self._address()
        if is_loopback(host) or self._token() is not None:
            return ()
        name = self.config.status.token_env
        return (f"the web page is shut: {host} is not loopback, and {name} is not set",)

    def _address(self) -> tuple[str, int]:
        address = self.config.status.address
        assert address is not None  # noqa: S101 - else there is no web side
        return address

    def _token(self) -> Secret | None:
        return load_secret(self.config.status.token_env or None)

    def _app(self, feed: StatusFeed) -> ASGIApp:
        host, _ = self._address()
        guard = Guard(is_loopback(host), self._token(), self.config.status.token_env, host)
        watchers, now = self._watchers, self.clock.now
        web = Web(self.report.make, now, self.happenings, feed, self._dynamic, watchers, guard)
        data = PageData(self.service(), self._ask_campaign, guard)
        codes = FeedRoute(self.codes).route()
        actions = Actions(self.tree, self.service(), self._tell_pool)
        page = (*Pages(guard).routes(), *data.routes(), *actions.routes())
        routes = [*page, *web.routes(), codes]
        return control_app(self.service(), self.report.make, self.reload, by=actions.by, more=routes)

    async def _ask_campaign(self, question: object) -> object:
        return await self.tree.ref(CAMPAIGN).ask(question, timeout=ANSWER_WITHIN)

    def _tell_pool(self, message: object) -> None:
        self.tree.ref(POOL).tell(message)

    def _dynamic(self, path: str) -> DynamicRef | None:
        root, _, below = path.partition("/")
        if root != self.tree.spec.name or not below:
            return None
        try:
            return self.tree.dynamic(below)
        except (KeyError, ValueError):
            return None
