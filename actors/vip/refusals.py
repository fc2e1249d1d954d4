"""Refusing people's commands, politely and not too often."""

import math
from collections import OrderedDict

import trio
from attrs import define, field

REFUSE_EVERY = 30.0
"""Seconds in which the same person is refused once: nobody makes the bot write on and on."""
_REMEMBERED = 1000


@define(eq=False)
class Refusals:
    """Who was refused lately."""

    _refused: "OrderedDict[str, float]" = field(factory=OrderedDict, init=False)
    """When, by id."""

    def may_refuse(self, person: str) -> bool:
        """Whether this person is to be refused now; then it counts as done."""
        now = trio.current_time()
        if now < self._refused.get(person, -math.inf) + REFUSE_EVERY:
            return False
        self._refused[person] = now
        self._refused.move_to_end(person)
        while len(self._refused) > _REMEMBERED:
            self._refused.popitem(last=False)
        return True
