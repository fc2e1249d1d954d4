"""From a request to what is done about it: limits, signature, faults, then the game's rules. No I/O."""

import math
from collections.abc import Mapping
from urllib.parse import parse_qsl

from attrs import evolve, frozen

from daemon.simulator.answers import (
    JSON_TYPE,
    Answer,
    Headers,
    as_bare_list,
    garbled,
    http_error,
    say,
    say_unknown,
    too_many_attempts,
)
from daemon.simulator.faults import Cut, Facts, Fault
from daemon.simulator.game import SimGame
from daemon.simulator.rules import are_complete, handle, required_fields
from daemon.simulator.signing import is_signed
from daemon.simulator.stats import Request
from daemon.simulator.windows import Admission
from daemon.simulator.world import World

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 100


@frozen
class Arrival:
    """A request to a game's API as it came in. Header names are in lower case."""

    endpoint: str
    address: str
    headers: Mapping[str, str]
    body: bytes

    def fields(self) -> dict[str, str]:
        """The form's fields; none where the body is no form."""
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return {}
        try:
            text = self.body.decode()
            return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS))
        except ValueError:
            return {}


@frozen
class Plan:
    """What is sent, and how."""

    answer: Answer
    delay: float = 0.0
    """Seconds before the answer begins."""
    trickle: float = 0.0
    """Seconds over which its body is spread."""
    cut: Cut = ""


@frozen
class _Case:
    """A request on its way through the checks."""

    world: World
    game: SimGame
    endpoint: str
    headers: Mapping[str, str]
    fields: Mapping[str, str]
    number: int
    now: float

    @property
    def fid(self) -> str:
        return self.fields.get("fid", "")

    @property
    def code(self) -> str:
        return self.fields.get("cdk", "")


def receive(world: World, game: SimGame, arrival: Arrival) -> Plan:
    """Decide a request and do what it does to the world. The caller ends it with `world.stats.left`."""
    fields = arrival.fields()
    fid, code = fields.get("fid", ""), fields.get("cdk", "")
    at = world.elapsed()
    number = world.stats.arrived(game.name, arrival.endpoint, fid, code, at)
    case = _Case(world, game, arrival.endpoint, arrival.headers, fields, number, world.now())
    admission = game.admit(arrival.address, case.now)
    plan = _decide(case) if admission.allowed else Plan(_refused_for_rate(case, admission))
    world.stats.answered(
        Request(at, game.name, arrival.endpoint, fid, code, number, _name_of(plan)),
    )
    limits = _limit_headers(game, admission)
    answer = evolve(plan.answer, headers=replaced(limits, plan.answer.headers))
    return evolve(plan, answer=answer, delay=plan.delay + world.next_latency())


def spoil(fault: Fault, own: Answer | None) -> Plan:
    """The plan that a fault makes of the game's own answer, which is None where the fault replaces it."""
    answer = _ordered_answer(fault) or own or Answer("EMPTY")
    if fault.answer == "BARE LIST":
        answer = as_bare_list(answer)
    if fault.status is not None or fault.body is not None:
        answer = _raw(fault, answer)
    answer = evolve(answer, headers=replaced(answer.headers, fault.headers))
    return Plan(answer, fault.delay, fault.trickle, fault.cut)


def leaves_the_answer(fault: Fault) -> bool:
    """Whether the game handles the request although something goes wrong with it."""
    replaces = fault.answer not in ("", "BARE LIST") or fault.msg or fault.body is not None
    replaces = replaces or fault.status is not None or fault.cut == "connection"
    return fault.after_redeeming or not replaces


def replaced(headers: Headers, others: Headers) -> Headers:
    """`headers` with `others` added, which replace those of the same name."""
    names = {name.lower() for name, _ in others}
    return (*((name, value) for name, value in headers if name.lower() not in names), *others)


def _decide(case: _Case) -> Plan:
    if not all(case.headers.get(name) for name in ("origin", "referer", "user-agent")):
        return Plan(http_error(403))
    if required_fields(case.game, case.endpoint) is None:
        return Plan(http_error(404))
    if not is_signed(case.fields, case.game.key):
        return Plan(say("SIGN ERROR"))
    if not are_complete(case.game, case.endpoint, case.fields):
        return Plan(say("PARAMS ERROR"))
    fault = case.world.fault_for(
        Facts(case.game.name, case.endpoint, case.fid, case.code, number=case.number)
    )
    if fault is None:
        return Plan(_own_answer(case))
    if fault.forget_session:
        case.game.sessions.forget(case.fid)
    return spoil(fault, _own_answer(case) if leaves_the_answer(fault) else None)


def _own_answer(case: _Case) -> Answer:
    if case.fid and case.game.is_throttled(case.fid, case.now):
        return say("TOO FREQUENT")
    answer = handle(case.game, case.endpoint, case.fields, case.now)
    if case.endpoint == "gift_code" and answer.name == "SUCCESS":
        case.world.stats.granted(case.game.name, case.fid, case.code)
    return answer


def _ordered_answer(fault: Fault) -> Answer | None:
    if fault.msg:
        return say_unknown(fault.msg, fault.err_code)
    if fault.answer in ("", "BARE LIST", "EMPTY LIST"):
        return None
    if fault.answer.startswith("HTTP "):
        return http_error(int(fault.answer.removeprefix("HTTP ")))
    return garbled(fault.answer) or say(fault.answer, err_code=fault.err_code)


def _raw(fault: Fault, answer: Answer) -> Answer:
    status = answer.status if fault.status is None else fault.status
    if fault.body is None:
        return evolve(answer, status=status, name=f"HTTP {status}")
    return Answer(
        "RAW" if status == answer.status else f"HTTP {status}", status, (JSON_TYPE,), fault.body.encode()
    )


def _refused_for_rate(case: _Case, admission: Admission) -> Answer:
    if not case.game.hints:
        return too_many_attempts()
    reset = case.world.wall() + admission.wait
    return too_many_attempts(
        ("Retry-After", str(max(1, math.ceil(admission.wait)))), ("X-RateLimit-Reset", str(math.ceil(reset)))
    )


def _limit_headers(game: SimGame, admission: Admission) -> Headers:
    return ("X-RateLimit-Limit", str(game.limit)), ("X-RateLimit-Remaining", str(admission.remaining))


def _name_of(plan: Plan) -> str:
    """What the client sees of a cut answer is a cut, whatever was said."""
    return f"CUT {plan.cut.upper()}" if plan.cut else plan.answer.name
