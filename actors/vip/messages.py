"""What the desk and the members' actors are told and asked."""

from attrs import frozen

from actors.vip.model import EndReason, SessionState
from actors.vip.ports import ThreadMessage
from supervision import ActorRef


@frozen(order=True)
class Member:
    """A member of a guild: who may have one session."""

    guild: str
    id: str

    @property
    def key(self) -> str:
        """`guild/member`, as of the session."""
        return f"{self.guild}/{self.id}"

    @property
    def child(self) -> str:
        """What its actor is called."""
        return f"{self.guild}-{self.id}"


# --- requests of people: answered through `Answers`, by their ticket ----------------------------


@frozen
class Click:
    """A member pressed the button."""

    member: Member
    ticket: str
    name: str = ""
    roles: frozenset[str] = frozenset()


@frozen
class Staff:
    """Who gave a command."""

    id: str
    name: str = ""
    roles: frozenset[str] = frozenset()


@frozen
class EndSession:
    """`/vip end`, by the session's member or by staff."""

    member: Member
    ticket: str
    by: Staff


@frozen
class ClearSession:
    """`!clear_vip_session`, `/vip clear`: staff only; works in every state, answered step by step."""

    member: Member
    ticket: str
    by: Staff
    name: str = ""
    """The member's name."""


@frozen
class CompleteSession:
    """`/vip complete`: staff only; the member gets the VIP role, the session ends."""

    member: Member
    ticket: str
    by: Staff


@frozen
class ForgetSession:
    """A member's data is to be erased: its session ends, its closed ones are deleted."""

    member: Member
    ticket: str


Request = Click | EndSession | ClearSession | CompleteSession | ForgetSession


# --- what happens on Discord --------------------------------------------------------------------


@frozen
class ThreadPosted:
    """Somebody wrote in a thread."""

    thread: str
    message: ThreadMessage


@frozen
class ThreadEdited:
    """Somebody edited a message (link previews are no edits)."""

    thread: str
    message: ThreadMessage


@frozen
class ThreadDeleted:
    """Messages of a thread were deleted."""

    thread: str
    messages: tuple[str, ...]


@frozen
class ThreadEnded:
    """A thread was archived or deleted, or its owner left it."""

    thread: str
    reason: EndReason


@frozen
class ParentDeleted:
    """The channel below which a guild's threads are is gone: there is no event per thread."""

    guild: str


@frozen
class MemberLeft:
    """A member left the guild."""

    member: Member


@frozen
class ThreadsResync:
    """Discord is connected again: what happened meanwhile has to be read."""


@frozen
class Resync:
    """Told to each session's actor then."""


# --- between the desk and the members' actors ---------------------------------------------------


@frozen
class Handled:
    """A request has been answered for the last time."""

    member: Member
    ticket: str


@frozen
class Lapsed:
    """Nobody waits any more for the answer to this press of the button."""

    ticket: str


@frozen
class Returned:
    """The member's actor has crashed and is back: what it had not answered, it does not know any more."""

    member: Member


@frozen
class Bound:
    """The member's session lives in this thread."""

    member: Member
    thread: str


@frozen
class End:
    """Told to a member's actor: end the session, if there is one."""

    reason: EndReason
    by: Staff | None = None
    thread: str = ""
    """Only if it lives in this thread."""


# --- asked by operators -------------------------------------------------------------------------


@frozen
class VIPStatus:
    """Of the desk: answered by `VIPNumbers`; by None while the store can't be asked."""


@frozen
class VIPNumbers:
    """Sessions by state, as stored, and how long the oldest message has been waiting, in seconds."""

    sessions: tuple[tuple[SessionState, int], ...]
    oldest_undelivered: float | None
    unanswered: int

    def of(self, state: SessionState) -> int:
        """Sessions in this state."""
        return dict(self.sessions).get(state, 0)


@frozen
class EndedFor:
    """A member's actor has ended for good."""

    member: Member
    ref: ActorRef
