"""What can be made to go wrong with requests, by method and path."""

import re
from typing import Any, TypeVar

import trio
from attrs import define, field

F = TypeVar("F", bound="Fault")


@define(eq=False)
class Fault:
    """Meets the next `times` requests (None: all until it is cleared) of the method and path.

    `*` in the path stands for one of its parts, `*` as the method for each.
    """

    method: str
    path: str
    times: int | None = 1
    met: int = 0
    """How many requests it has met."""

    def meets(self, method: str, path: str) -> bool:
        """Whether this request is one of them."""
        parts = (re.escape(part).replace(r"\*", "[^/]+") for part in self.path.split("/"))
        return self.method in (method, "*") and re.fullmatch("/".join(parts), path) is not None


@define(eq=False)
class Answer(Fault):
    """Answers without doing it."""

    status: int = 503
    body: Any = None
    headers: dict[str, str] = field(factory=dict)


@define(eq=False)
class DropReply(Fault):
    """Does it, and cuts the connection before the answer; or cuts it without having done it."""

    done: bool = True
    within: bool = False
    """Not before the answer, but in the middle of its body."""
    as_whole: bool = False
    """The half of the body is sent as if it were all."""


@define(eq=False)
class Hang(Fault):
    """Holds requests until `release`; `done` says whether they are done before they are held."""

    done: bool = False
    waiting: int = 0
    """How many are held now."""
    reached: trio.Event = field(factory=trio.Event, init=False)
    """Set when the first one is held."""
    _released: trio.Event = field(factory=trio.Event, init=False)

    def release(self) -> None:
        """Let go on what is held, and hold nothing more."""
        self._released.set()

    async def hold(self) -> None:
        """Wait for the release."""
        self.waiting += 1
        self.reached.set()
        try:
            await self._released.wait()
        finally:
            self.waiting -= 1


@define(eq=False)
class Faults:
    """All that were ordered, in order."""

    ordered: list[Fault] = field(factory=list)

    def answer(
        self,
        method: str,
        path: str,
        *,
        status: int = 503,
        times: int | None = 1,
        retry_after: float | None = None,
        global_: bool = False,
        code: int = 0,
        body: Any = None,
    ) -> Answer:
        """Refuse with this status; 429 with seconds after which to come again, of all routes if `global_`.

        `code` is Discord's of the answer's JSON; `body` replaces that JSON (text is no JSON then).
        """
        fault = Answer(method, path, times, status=status)
        fault.body = {"message": f"{status} (ordered by the test)", "code": code} if body is None else body
        if status == 429:
            seconds = 1.0 if retry_after is None else retry_after
            fault.body = {"message": "You are being rate limited.", "retry_after": seconds, "global": global_}
            fault.headers = {"retry-after": f"{seconds:.0f}", "x-ratelimit-scope": "shared"}
            if global_:
                fault.headers |= {"x-ratelimit-global": "true", "x-ratelimit-scope": "global"}
        return self._order(fault)

    def drop_reply(self, method: str, path: str, *, times: int | None = 1, done: bool = True) -> DropReply:
        """Do it, then cut the connection before the answer; without `done`, cut it at once."""
        return self._order(DropReply(method, path, times, done=done))

    def cut_reply(
        self, method: str, path: str, *, times: int | None = 1, as_whole: bool = False
    ) -> DropReply:
        """Do it, and cut the connection in the middle of the answer's JSON, or send that half `as_whole`."""
        return self._order(DropReply(method, path, times, within=True, as_whole=as_whole))

    def hang(self, method: str, path: str, *, times: int | None = None, done: bool = False) -> Hang:
        """Hold requests until the fault's `release()`, before or after they were `done`."""
        return self._order(Hang(method, path, times, done=done))

    def clear(self) -> None:
        """Nothing goes wrong any more; what hangs goes on."""
        for fault in self.ordered:
            if isinstance(fault, Hang):
                fault.release()
        self.ordered.clear()

    def meet(self, method: str, path: str) -> Fault | None:
        """What was ordered for this request, if anything."""
        for fault in self.ordered:
            if fault.meets(method, path):
                fault.met += 1
                if fault.times is not None and fault.met >= fault.times:
                    self.ordered.remove(fault)
                return fault
        return None

    def _order(self, fault: F) -> F:
        self.ordered.append(fault)
        return fault
