"""The cell: what outlives the incarnations of one actor. It owns the mailbox; refs point to it."""

import math
from typing import TYPE_CHECKING

import trio
from attrs import define, field, frozen

from supervision.child import End
from supervision.error_text import ErrorText
from supervision.errors import ActorDead
from supervision.events import DeadLetters
from supervision.host import Host
from supervision.mailbox import NOTHING, Mailbox
from supervision.monitor import UNCLEAN, Down
from supervision.notices import Notices
from supervision.question import Question
from supervision.tally import tally

if TYPE_CHECKING:
    from supervision.actor import Actor, Timer
    from supervision.spec import ActorSpec

DOWN = object()
"""The notice of those who want to know how it ended: a `Down` is made of it then."""


@define(eq=False)
class AnyCell:
    """What cells of actors and of supervisors have in common."""

    path: str
    host: Host
    state: str = "stopped"
    incarnation: int = 0
    last_error: ErrorText | None = None
    lost: dict[str, int] | None = None
    """How many messages of which type were lost in crashes."""
    due: float = 0.0
    """When it will be started again, on trio's clock; meaningful while backing off."""
    how: str = "stopped"
    """How its last life ended."""
    dead_letters: dict[str, int] | None = None
    """How many messages of which type nobody will ever read: its own, and those of forgotten children."""
    heir: "AnyCell | None" = None
    """Who counts its dead letters while it is forgotten."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def restarts(self) -> int:
        """Incarnations after the first."""
        return max(0, self.incarnation - 1)

    def give_up(self) -> ErrorText | None:
        """Its restart was one too many: note that. Returns the error of its last end; None: it was clean."""
        if self.how not in UNCLEAN:
            self.last_error = None  # it is of an earlier life, and no cause of this
        self.how = End.GAVE_UP.value
        return self.last_error

    def prepare(self) -> None:
        """Make ready for the next incarnation."""
        self.incarnation += 1
        self.state, self.heir = "starting", None

    def count_lost(self, kind: str) -> None:
        """Count a message of this type as lost."""
        if self.lost is None:
            self.lost = {}
        tally(self.lost, kind)

    def bequeath(self, heir: "AnyCell") -> None:
        """This record is about to be forgotten: from now on `heir` counts its dead letters."""
        self.heir, letters, self.dead_letters = heir, self.dead_letters, None
        for kind, number in (letters or {}).items():
            heir.count_dead_letters(kind, number)

    def count_dead_letters(self, kind: str, number: int = 1) -> None:
        """Count messages of this type that nobody will ever read, or have them counted."""
        if self.heir is not None:
            self.heir.count_dead_letters(kind, number)
            return
        if self.dead_letters is None:
            self.dead_letters = {}
        tally(self.dead_letters, kind, number)


@define(eq=False)
class Cell(AnyCell):
    """An actor's record."""

    spec: "ActorSpec" = field(kw_only=True)
    args: tuple[object, ...] = field(default=(), kw_only=True)
    mailbox: Mailbox = field(init=False)
    actor: "Actor | None" = field(default=None, init=False)
    scope: trio.CancelScope | None = field(default=None, init=False)
    nursery: trio.Nursery | None = field(default=None, init=False)
    task: trio.lowlevel.Task | None = field(default=None, init=False)
    stopping: bool = field(default=False, init=False)
    """End after the current message."""
    stop_asked: bool = field(default=False, init=False)
    """… because the supervisor said so."""
    stop_by: float = field(default=math.inf, init=False)
    """When the grace of an asked stop is over."""
    dead: bool = field(default=False, init=False)
    working_on: object = field(default=NOTHING, init=False)
    asking: "list[Cell] | None" = field(default=None, init=False)
    """Whose answers its handler waits for: several, if it asks in parallel."""
    watchers: "dict[tuple[Cell, object], object] | None" = field(default=None, init=False)
    """The notices for those who watch it; by watcher and notice, for one that is asked for again."""
    notices: Notices | None = field(default=None, init=False)
    """Those of the runtime to this actor; made when its mailbox is full for the first time."""
    timers: "set[Timer] | None" = field(default=None, init=False)
    background: "set[trio.CancelScope] | None" = field(default=None, init=False)
    background_over: trio.Event | None = field(default=None, init=False)
    background_error: BaseException | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.mailbox = Mailbox(self.spec.mailbox)

    @property
    def queued(self) -> int:
        """Messages waiting in the mailbox."""
        return self.mailbox.queued

    def prepare(self) -> None:
        """Make ready for the next incarnation."""
        if self.dead:
            self.dead = False
            self.mailbox = Mailbox(self.spec.mailbox)
        super().prepare()
        self.stopping = self.stop_asked = False
        self.stop_by = math.inf

    def clear_incarnation(self) -> None:
        """Let go of everything that belonged to the incarnation that ended."""
        self.actor = self.scope = self.nursery = self.task = None
        self.background = self.background_over = self.background_error = None
        timers, self.timers = self.timers, None
        for timer in timers or ():
            timer.cancel()

    def add_timer(self, timer: "Timer") -> None:
        """Remember a timer of this incarnation, to be called back when that ends."""
        if self.timers is None:
            self.timers = set()
        self.timers.add(timer)

    def drop_timer(self, timer: "Timer") -> None:
        """Forget a timer that is done."""
        if self.timers is not None:
            self.timers.discard(timer)

    def finish(self) -> None:
        """Let the running incarnation end after the current message."""
        self.stopping = True
        self.mailbox.wake()

    def crash(self, error: BaseException) -> None:
        """Let the running incarnation end abnormally, at its next wait. The first error counts."""
        if self.scope is not None:
            if self.background_error is None:
                self.background_error = error
            self.scope.cancel()

    def request_stop(self) -> None:
        """Ask the running incarnation to end; it is cancelled when its grace is over."""
        if self.state == "stopped":
            return  # it has ended, and its supervisor is about to hear of that
        self.stop_asked = self.stopping = True
        self.state = "stopping"
        self.stop_by = trio.current_time() + self.spec.grace
        if self.scope is not None:
            self.scope.deadline = self.stop_by
        if self.spec.grace:
            self.mailbox.wake()
        elif self.scope is not None:
            self.scope.cancel()  # now, not at the deadline: an actor that wakes before that would tidy up

    def end_for_good(self) -> None:
        """Nobody will read this mailbox again: fail who asks, tell who watches. Doing it twice is fine."""
        self.state = "stopped"
        if self.dead:
            return
        self.dead = True
        if self.notices is not None:
            self.notices.close()
            self.notices = None
        left: dict[str, int] = {}
        for message in self.mailbox.close():
            if isinstance(message, Down):
                continue  # it watched what outlived it: nothing is lost
            tally(left, self.count_dead_letter(message))
            if isinstance(message, Question):
                message.fail(ActorDead(f"{self.path} has ended"))
        if left:
            self.host.emit(DeadLetters(self.path, left))
        watchers, self.watchers = self.watchers, None
        for (watcher, _), notice in (watchers or {}).items():
            watcher.notify(self.final(notice))

    def count_dead_letter(self, message: object) -> str:
        """Count a message that nobody will ever read; return the name of its type."""
        kind = type(message.message if isinstance(message, Question) else message).__qualname__
        self.count_dead_letters(kind)
        return kind

    def final(self, notice: object) -> object:
        """What a watcher is told now that this actor has ended for good."""
        if notice is not DOWN:
            return notice
        return Down(self.path, self.how, self.last_error if self.how in UNCLEAN else None)

    def add_watcher(self, watcher: "Cell", notice: object) -> None:
        """Have `watcher` notified when this actor has ended for good; once for equal notices."""
        if self.watchers is None:
            self.watchers = {}
        watchers = self.watchers
        key = (watcher, _recognized(notice))
        if key in watchers:
            return  # a new life of the watcher asks again
        # Those that died meanwhile are dropped at each power of two: cheap, and no leak.
        if watchers and not len(watchers) & (len(watchers) - 1):
            for dead in [entry for entry in watchers if entry[0].dead]:
                del watchers[dead]
        watchers[key] = notice

    def notify(self, notice: object) -> None:
        """Deliver a message of the runtime itself; where the mailbox is full, as soon as there is room."""
        if self.dead:
            return
        if self.notices is None:
            if self.mailbox.offer(notice):
                return
            self.notices = Notices(self.mailbox, self.host.wheel)
        self.notices.tell(notice)


def _recognized(notice: object) -> object:
    """What is equal for equal notices; one that has no hash is equal to nothing but itself."""
    try:
        hash(notice)
    except TypeError:
        return _Unhashable(id(notice))
    return notice


@frozen
class _Unhashable:
    identity: int
