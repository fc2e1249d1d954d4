"""A pause between two tries, which may be over sooner."""

import trio
from attrs import define, field


@define(eq=False)
class Rest:
    """Of one relay. `renew` begins a new try: what was called before it counts no more."""

    _called: bool = field(default=False, init=False)
    _lost: bool = field(default=False, init=False)
    _kept: bool = field(default=False, init=False)
    _scope: trio.CancelScope | None = field(default=None, init=False)
    """While it lasts."""

    def renew(self) -> None:
        """Another try begins."""
        self._called = self._lost = False

    async def last(self, seconds: float, *, kept: bool = False) -> None:
        """Wait. `kept`: it was asked for, and only the loss of the account ends it sooner."""
        if self._lost or (self._called and not kept):
            return
        self._kept = kept
        with trio.move_on_after(seconds) as self._scope:
            await trio.sleep_forever()
        self._scope = None

    def call(self) -> None:
        """There is no reason to wait any longer."""
        self._called = True
        if self._scope is not None and not self._kept:
            self._scope.cancel()

    def lose(self) -> None:
        """The account is not ours any more, and what it was asked for neither."""
        self._lost = True
        if self._scope is not None:
            self._scope.cancel()
