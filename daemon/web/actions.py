"""What may be ordered on the page: pausing a game, restarting an actor, retiring a code.

The guard asks for the token, everywhere, before any of these runs; each leaves an audit record.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import trio
from attrs import define, field
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from actors.giftcodes.session_pool import PauseGame, ResumeGame
from daemon import service as operations
from daemon.control.app import answering
from daemon.control.body import read_texts
from daemon.control.errors import NotRunning as NoDaemon
from daemon.logs import redacted
from daemon.service import NotFound, Refused, Service
from daemon.service.audit import By, record
from daemon.service.documents import code_retired_document, iso
from daemon.service.values import read_game
from daemon.web.page import AsciiJSON
from supervision import (
    ActorDead,
    AlreadyRunning,
    ChildNotFound,
    DynamicRef,
    MailboxFull,
    Restarting,
    Strategy,
    SupervisionError,
    SupervisorRef,
    Tree,
)

logger = logging.getLogger("perkd.web")

LONGEST_PAUSE = 366 * 86_400
"""Seconds; a longer one is one without an end."""
Posted = tuple[str, Callable[[Request], Awaitable[Any]]]
"""A path, and who answers a `POST` there."""
SERVING = frozenset({"status", "status/web", "status/control"})
"""What serves the request itself, below the root."""


@define(eq=False)
class Actions:
    """The endpoints. `by`: who is named in the audit log."""

    tree: Tree
    service: Service
    tell_pool: Callable[[object], None]
    """Raises `MailboxFull` or `ActorDead`."""
    by: By = field(factory=lambda: By("", "", "web"))

    # --- games ----------------------------------------------------------------------------------

    async def pause(self, request: Request) -> AsciiJSON:
        """`POST /api/games/pause`: `{"game", "seconds"?}`; without `seconds` until it is resumed."""
        body = await read_texts(request, "game", "seconds")
        game = read_game(body.get("game", ""), self.service.games())
        until = self._until(body.get("seconds", ""))
        when = "until it is resumed" if until is None else f"until {iso(until)}"
        self._tell(PauseGame(game, until))
        return await self._done("games pause", f"{game} {when}", f"{game} is paused {when}.")

    async def resume(self, request: Request) -> AsciiJSON:
        """`POST /api/games/resume`: `{"game"}`."""
        body = await read_texts(request, "game")
        game = read_game(body.get("game", ""), self.service.games())
        self._tell(ResumeGame(game))
        return await self._done("games resume", game, f"{game} is called again.")

    def _until(self, text: str) -> float | None:
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 0 < int(text) <= LONGEST_PAUSE):  # noqa: PLR2004 - digits of any number that fits
            raise Refused(f"seconds = {text[:40]!r}: must be a whole number from 1 to {LONGEST_PAUSE}")
        return self.service.clock.now() + int(text)

    def _tell(self, message: object) -> None:
        try:
            self.tell_pool(message)
        except (ActorDead, MailboxFull) as error:
            raise NoDaemon(f"the session pool can't be told now: {error}") from error

    # --- codes ----------------------------------------------------------------------------------

    async def retire(self, request: Request) -> AsciiJSON:
        """`POST /api/codes/retire`: `{"code", "game"?}`, as on the control socket, with an audit record."""
        body = await read_texts(request, "game", "code")
        code, game = body.get("code", ""), body.get("game", "")
        retired = await operations.retire_code(self.service, code=code, game=game, by=self.by)
        text = f"{retired.code.code} is retired." if retired.result == "retired" else "It had ended already."
        return AsciiJSON({**code_retired_document(retired), "text": text})

    # --- actors ---------------------------------------------------------------------------------

    async def restart(self, request: Request) -> AsciiJSON:
        """`POST /api/actors/restart`: `{"path"}`; answered when it has started again."""
        path = (await read_texts(request, "path")).get("path", "")
        root, _, below = path.partition("/")
        if root != self.tree.spec.name:
            raise NotFound(f"path {path[:200]!r}: there is no such actor")
        if not below:
            raise Refused(f"{root} is perkd itself: restart the process")
        if below in SERVING:
            raise Refused(f"{path} serves this very request: restart perkd instead")
        above, _, name = below.rpartition("/")
        # The browser may go meanwhile; what was stopped must be started again all the same.
        done: list[AsciiJSON] = []
        with trio.CancelScope(shield=True):
            done.append(await self._restart_and_note(above, name, path))
        return done[0]

    async def _restart_and_note(self, above: str, name: str, path: str) -> AsciiJSON:
        try:
            text = await self._restart(above, name, path)
        except NoDaemon:  # it was stopped all the same
            await self._done("actors restart", f"{path}: it did not start again", "")
            raise
        return await self._done("actors restart", path, text)

    async def _restart(self, above: str, name: str, path: str) -> str:
        parent = self._parent(above, path)
        try:
            parent.child(name)
            if isinstance(parent, DynamicRef):
                await parent.stop_child(name)
                return f"{path} has ended; it is started again when there is work for it."
            group = group_of(parent, name)
            await _restart_group(parent, group)
        except ChildNotFound as error:
            raise NotFound(f"path {path[:200]!r}: there is no such actor") from error
        except SupervisionError as error:
            text = f"{path} could not be started again: {redacted(str(error))}: mend that, and try once more"
            raise NoDaemon(text) from error
        others = ", ".join(one for one in group if one != name)
        return f"{path} is restarted{f', and with it {others}' if others else ''}."

    def _parent(self, above: str, path: str) -> SupervisorRef | DynamicRef:
        finders: tuple[Callable[[str], SupervisorRef | DynamicRef], ...] = (
            self.tree.supervisor,
            self.tree.dynamic,
        )
        for find in finders:
            with suppress(KeyError, ValueError, SupervisionError):
                return find(above)
        raise NotFound(f"path {path[:200]!r}: there is no such actor")

    async def _done(self, action: str, details: str, text: str) -> AsciiJSON:
        """Record what was done, and answer. It was done: an audit log that is away does not undo it."""
        logger.warning("🖐️ By %s: %s %s", self.by.member, action, details, extra={"action": action})
        if not await record(self.service, self.by, action, details):
            text = f"{text} The audit log could not be written."
        return AsciiJSON({"text": text})

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        endpoints: tuple[Posted, ...] = (
            ("/api/codes/retire", self.retire),
            ("/api/actors/restart", self.restart),
        )
        return [*self.game_routes(), *_posted(endpoints)]

    def game_routes(self) -> list[BaseRoute]:
        """Those that the control socket has too, for `perkd pause` and `perkd resume`."""
        return _posted((("/api/games/pause", self.pause), ("/api/games/resume", self.resume)))


def group_of(parent: SupervisorRef, name: str) -> Sequence[str]:
    """The children that are restarted with one, in start order, by their supervisor's strategy."""
    names = [child.name for child in parent.children()]
    if name not in names or parent.spec.strategy is Strategy.ONE_FOR_ONE:
        return [name]
    return names if parent.spec.strategy is Strategy.ONE_FOR_ALL else names[names.index(name) :]


async def _restart_group(parent: SupervisorRef, names: Sequence[str]) -> None:
    for name in reversed(names):
        await parent.stop_child(name)
    for name in names:
        try:
            await parent.restart_child(name)
        except (AlreadyRunning, Restarting):
            logger.debug("%s/%s starts by itself", parent.path, name)


def _posted(endpoints: Sequence[Posted]) -> list[BaseRoute]:
    return [Route(path, answering(endpoint), methods=["POST"]) for path, endpoint in endpoints]
