"""Faults to order: what goes wrong, with which requests. Values and pure decisions only."""

import random
from typing import Any, Literal

from attrs import Attribute, evolve, field, frozen
from attrs.validators import ge, in_, instance_of, optional

from daemon.simulator.answers import GARBLED, ROWS

Cut = Literal["", "connection", "body"]

ENDPOINTS = ("player", "captcha", "gift_code", "gift_code_config")


def names_an_answer(name: str) -> bool:
    """Whether `Fault.answer` may be this."""
    kind, _, status = name.partition(" ")
    if kind == "HTTP" and status.isdecimal():
        return 400 <= int(status) <= 599  # noqa: PLR2004 - the error statuses of HTTP
    return name in ("", "BARE LIST", "EMPTY LIST") or name in ROWS or name in GARBLED


def _answer_is_known(fault: "Fault", attribute: "Attribute[str]", value: str) -> None:
    del fault
    if not names_an_answer(value):
        known = ", ".join((*ROWS, *GARBLED, "BARE LIST", "EMPTY LIST", "HTTP 400 to HTTP 599"))
        raise ValueError(f"{attribute.name} {value!r}: no such answer; there are {known}")


def _is_probability(fault: "Fault", attribute: "Attribute[float]", value: float) -> None:
    del fault
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{attribute.name} {value}: must be between 0 and 1")


def _name(**kwargs: Any) -> Any:
    return field(default="", validator=instance_of(str), **kwargs)


@frozen(kw_only=True)
class Fault:
    """Something that goes wrong, and the requests it happens to.

    A fault with only a `delay`, a `trickle` or `forget_session` leaves the answer to the game. Without
    `after_redeeming`, an ordered answer replaces the game's: the request changes nothing.

    Example, in JSON: the reply of one player's first redemption is lost after the server redeemed:
    `{"game": "wos", "fid": "1001", "cut": "connection", "after_redeeming": true, "times": 1}`.
    """

    # what happens
    answer: str = field(default="", validator=_answer_is_known)
    """A row of the answers table by its normalised message (`TIME ERROR`), `HTTP nnn`, one of `GARBLED`,
    `BARE LIST` (the game's own answer, in a list) or, of sources, `EMPTY LIST`."""
    err_code: int | None = None
    """Another number beside the message: they are overloaded."""
    msg: str = _name()
    """A made-up message, instead of `answer`."""
    status: int | None = field(default=None, validator=optional(in_(range(200, 600))))
    headers: tuple[tuple[str, str], ...] = ()
    """Added to the answer's, replacing those of the same name."""
    body: str | None = None
    """A raw body; with `status` and `headers` any answer at all."""
    cut: Cut = field(default="", validator=in_(("", "connection", "body")))
    """`connection`: reset before a byte of the answer; `body`: closed halfway through it."""
    after_redeeming: bool = False
    """The game handles the request, then the answer is replaced or cut."""
    delay: float = field(default=0.0, validator=ge(0))
    """Seconds before the answer, beyond the usual latency."""
    trickle: float = field(default=0.0, validator=ge(0))
    """Seconds over which the body is spread, in small pieces."""
    forget_session: bool = False
    """`v1`: the player's session is lost before the request is handled."""

    # to which requests; "" and () mean any
    game: str = _name()
    endpoint: str = field(default="", validator=in_(("", *ENDPOINTS)))
    fid: str = _name()
    code: str = _name()
    source: str = _name()
    """A code source; a fault with a source happens to its requests alone, one without to none of them."""
    requests: tuple[int, ...] = ()
    """Numbers of the game's (or source's) requests, counted from 1 in order of arrival."""
    skip: int = field(default=0, validator=ge(0))
    """The first so many that match are left alone."""
    times: int | None = field(default=None, validator=optional(ge(0)))
    """It happens so often, then no more; None: for ever."""
    probability: float = field(default=1.0, validator=_is_probability)


@frozen
class Facts:
    """What is known of a request when its fate is decided."""

    game: str = ""
    endpoint: str = ""
    fid: str = ""
    code: str = ""
    source: str = ""
    number: int = 0


@frozen
class Tally:
    """How often a fault was considered, and how often it happened."""

    seen: int = 0
    happened: int = 0


def matches(fault: Fault, facts: Facts) -> bool:
    """Whether the fault is meant for this request, budgets and chance aside."""
    if fault.source != facts.source:
        return False
    named = (fault.game, facts.game), (fault.endpoint, facts.endpoint), (fault.fid, facts.fid)
    wanted = (*named, (fault.code, facts.code))
    if any(want and want != fact for want, fact in wanted):
        return False
    return not fault.requests or facts.number in fault.requests


@frozen
class Script:
    """The ordered faults and how far each has come. The first that applies decides alone."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0
    tallies: tuple[Tally, ...] = ()

    def ordered(self, *faults: Fault) -> "Script":
        """This script with more faults, behind those it has."""
        return evolve(self, faults=(*self.faults, *faults))

    def tally(self, index: int) -> Tally:
        """The tally of the fault at `index`."""
        return self.tallies[index] if index < len(self.tallies) else Tally()

    def decide(self, facts: Facts) -> tuple[Fault | None, "Script"]:
        """The fault that happens to this request, or None, and the script to go on with."""
        tallies = [self.tally(index) for index in range(len(self.faults))]
        chosen = None
        for index, fault in enumerate(self.faults):
            before = tallies[index]
            if not matches(fault, facts) or (fault.times is not None and before.happened >= fault.times):
                continue
            happens = before.seen >= fault.skip and self._chance(index, before.seen) < fault.probability
            tallies[index] = Tally(before.seen + 1, before.happened + happens)
            if happens:
                chosen = fault
                break
        return chosen, evolve(self, tallies=tuple(tallies))

    def _chance(self, index: int, seen: int) -> float:
        """A number in [0, 1) that depends on nothing but its arguments and the seed."""
        return random.Random(f"{self.seed}/{index}/{seen}").random()  # noqa: S311 - a script, no secret
