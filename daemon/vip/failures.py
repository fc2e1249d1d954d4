"""How often a file could not be had: at some point it is given up, for others wait behind it."""

from collections import OrderedDict
from collections.abc import Hashable

from attrs import define, field

from actors.vip.ports import Gone, Unreachable

TRIES = 5
"""Vain tries after which a file counts as lost."""
_REMEMBERED = 100


@define(eq=False)
class Failures:
    """Counts by file; of the last hundred that failed."""

    _counts: "OrderedDict[Hashable, int]" = field(factory=OrderedDict, init=False)

    def again(self, file: Hashable, why: str) -> Unreachable | Gone:
        """Another vain try; what it is to be called."""
        count = self._counts.pop(file, 0) + 1
        if count >= TRIES:
            return Gone(f"{why}, {count} times")
        self._counts[file] = count
        if len(self._counts) > _REMEMBERED:
            self._counts.popitem(last=False)
        return Unreachable(why)

    def forget(self, file: Hashable) -> None:
        """It came."""
        self._counts.pop(file, None)
