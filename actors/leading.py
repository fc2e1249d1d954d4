"""Which of the two stores leads: decided from what is known of both, without doing anything.

The file leads whenever it may: it is near, and MongoDB follows it. MongoDB leads while the file can't be
used. Nobody leads while leading could lose or contradict something that the other store has.
"""

from enum import Enum

from attrs import evolve, frozen

from actors.history import History, Relation, compare


@frozen
class Damaged:
    """The local file is there, but is no database or a corrupt one."""

    text: str


@frozen
class Failing:
    """A store that can't be used now."""

    text: str


@frozen
class Held:
    """Another perkd is MongoDB's writer."""

    text: str


class Step(Enum):
    """What to do."""

    LEAD_LOCAL = "the file leads, MongoDB follows"
    REPLACE_REPLICA = "the file leads, and all that MongoDB has is replaced by a copy of it"
    FILL_LOCAL = "MongoDB has what the file has not, and fills it"
    COPY_LOCAL = "the file is made anew from MongoDB, and the old one set aside"
    LEAD_REPLICA = "MongoDB leads until the file can be used again"
    WAIT = "neither may lead yet"
    REFUSE = "a person has to decide"


@frozen
class Decision:
    """What to do, and why, for the log and the status."""

    step: Step
    why: str = ""


DIVERGED = (
    "the file and MongoDB have diverged: each has changes that the other has not, so two perkd have written"
    " without knowing of each other. Make sure that only one runs, then choose whose state counts, with perkd"
    " stopped: 'perkd storage keep file' or 'perkd storage keep mongodb'"
)
UNFINISHED = (
    "the file is empty, and MongoDB holds a copy of another file that was never finished. Put that file back,"
    " or restore a backup ('perkd restore'); to begin with nothing instead: 'perkd storage keep file'"
)
VANISHED = (
    "MongoDB holds nothing, but had newer changes than the file: perhaps it is another database. Name the one"
    " it was, or restore it; to go on with what the file has: 'perkd storage keep file', with perkd stopped"
)
BEHIND = "MongoDB has newer changes than the file, and is away"
NOTHING_THERE = "and MongoDB has nothing: perhaps the file has the state"
EMPTY = "the file is empty, the state may be in MongoDB, and that is away"


def decide(
    local: History | Damaged | Failing, replica: History | Failing | Held, *, behind: bool = False
) -> Decision:
    """What to do when the two stores are in these states.

    `behind`: the file was marked when MongoDB took over from it. Then what it has beyond MongoDB is at most
    a batch that nobody was told is durable, and an operator's word for it is older than what MongoDB has.
    """
    if behind and isinstance(local, History):
        local = evolve(local, leads=False)
    match replica:
        case Held(text):
            return Decision(Step.WAIT, text)
        case Failing(text):
            return _replica_away(local, text, behind=behind)
        case History():
            return _replica_there(local, replica, behind=behind)


def _replica_there(local: History | Damaged | Failing, replica: History, *, behind: bool) -> Decision:
    match local:
        case Failing(text) if replica.empty:
            return Decision(Step.WAIT, f"{text}, {NOTHING_THERE}")
        case Failing(text):
            return Decision(Step.LEAD_REPLICA, text)
        case Damaged(text):
            return Decision(Step.REFUSE if replica.empty else Step.COPY_LOCAL, text)
        case History():
            return _both(local, replica, behind=behind)


def _replica_away(local: History | Damaged | Failing, away: str, *, behind: bool) -> Decision:
    match local:
        case Damaged(text) | Failing(text):
            return Decision(Step.WAIT, f"{text}; {away}")
        case History(leads=True):
            return Decision(Step.LEAD_LOCAL, away)
        case _ if behind:
            return Decision(Step.WAIT, f"{BEHIND}: {away}")
        case History(empty=True):
            return Decision(Step.WAIT, f"{EMPTY}: {away}")
        case _:
            return Decision(Step.LEAD_LOCAL, away)


def _both(local: History, replica: History, *, behind: bool) -> Decision:
    if doubt := _doubt(local, replica, behind=behind):
        return Decision(Step.REFUSE, doubt)
    if local.leads and not local.holds(replica):
        return Decision(Step.REPLACE_REPLICA, "an operator chose the file's state")
    match compare(local, replica):
        case Relation.SAME | Relation.AHEAD:
            return Decision(Step.LEAD_LOCAL)
        case Relation.BEHIND:
            return Decision(Step.FILL_LOCAL)
        case Relation.DIVERGED if behind:
            return Decision(Step.COPY_LOCAL, "MongoDB took over from the file")
        case _:
            return Decision(Step.REFUSE, DIVERGED)


def _doubt(local: History, replica: History, *, behind: bool) -> str:
    """Why the state may be in neither of the two; empty where there is no doubt."""
    if replica.unfinished:
        return UNFINISHED if local.empty and not local.leads else ""
    return VANISHED if behind and replica.empty and not local.empty else ""
