"""The planner as the port has it: bodies are `Incoming`, contents' bodies are `Part`. Pure."""

from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from actors.vip.model import Side
from actors.vip.ports import Content, EditSteps, PlanRequest
from actors.vip.relay_plan import plan_edit, plan_new
from actors.vip.relay_values import Incoming, Limits, Part, PartKind, Plan, Role
from actors.vip.rich_text import NOTHING, RichText, Style, plain, rich

LONGEST_ADDRESS = 1000
"""Characters of a link's: a longer one leaves its words no room in a message, and stands behind them."""


@frozen
class RelayPlanner:
    """The planner as the sessions' actors have it: bodies are `Incoming`, contents' bodies are `Part`."""

    desk: Limits
    """What a message at the desk can hold."""
    thread: Limits
    """What a message in a thread can hold."""

    def to_desk(self, request: PlanRequest) -> Sequence[Content]:
        """The messages for the desk."""
        return _contents(self.plan(request, Side.THREAD).parts)

    def to_thread(self, request: PlanRequest) -> Sequence[Content]:
        """The messages for the thread."""
        return _contents(self.plan(request, Side.DESK).parts)

    def edit(self, request: PlanRequest, side: Side, kinds: Sequence[str]) -> EditSteps:
        """What an edit on `side` does to what was sent for it."""
        message, limits = self._named(request, side)
        plan = plan_edit([PartKind(kind) for kind in kinds], message, side, limits, late=request.late)
        edits = tuple((place, Content(part, kind=part.kind.value)) for place, part in plan.edits)
        return EditSteps(edits, plan.deletes, tuple(_contents(plan.adds)))

    def said_back(self, request: PlanRequest, side: Side) -> Content | None:
        """What is said on `side` of what can't cross."""
        back = self.plan(request, side).back
        return Content(Part(after=back), kind=PartKind.TEXT.value) if back else None

    def plan(self, request: PlanRequest, side: Side) -> Plan:
        """The whole plan, with what is said back on `side`, where the message was written."""
        message, limits = self._named(request, side)
        return plan_new(message, side, limits, late=request.late)

    def _named(self, request: PlanRequest, side: Side) -> tuple[Incoming, Limits]:
        """The message with its author's role, and the limits of where it goes."""
        message = request.body
        if not isinstance(message, Incoming):
            raise TypeError(f"the planner relays Incoming, not {type(message).__name__}")
        message = evolve(message, text=_spelled_out(message.text))
        if side is Side.DESK:
            return evolve(message, role=Role.DESK), self.thread
        role = Role.STAFF if request.staff else Role.OWNER
        return evolve(message, role=role, name=request.author_name or message.name), self.desk


def _contents(parts: Iterable[Part]) -> list[Content]:
    return [Content(part, kind=part.kind.value) for part in parts]


def _spelled_out(text: RichText) -> RichText:
    """With the addresses of links as text where they are too long."""
    long = [one for one in text.spans if one.style is Style.LINK and len(one.value) > LONGEST_ADDRESS]
    if not long:
        return text
    rest = rich(text.text, *(one for one in text.spans if one not in long))
    said, at = NOTHING, 0
    for one in long:
        said, at = said + rest.part(at, one.end) + plain(f" ({one.value})"), one.end
    return said + rest.part(at, len(text.text))
