"""Supervised actors on trio, with the semantics of Erlang/OTP's `supervisor`.

This module only re-exports. `supervision.testing` is public as well; everything else is not.
Importable from outside: nothing in here knows what the actors are for.
"""

from supervision.actor import Actor, Timer
from supervision.dynamic_ref import DynamicRef
from supervision.error_text import ErrorText
from supervision.errors import (
    ActorCrashed,
    ActorDead,
    AlreadyPresent,
    AlreadyRunning,
    AskCycle,
    AskTimeout,
    ChildNotFound,
    Decline,
    InvalidSpec,
    MailboxFull,
    NotRunning,
    OnlyByKey,
    Restarting,
    StartFailed,
    StopActor,
    StopTree,
    SupervisionError,
    TreeFailed,
)
from supervision.events import (
    AnyEvent,
    BackingOff,
    Crashed,
    DeadLetters,
    Event,
    GaveUp,
    ShutDown,
    StartDeclined,
    Started,
    StartError,
    StopOverdue,
    Stopped,
)
from supervision.mailbox import MailboxStatistics
from supervision.monitor import (
    Down,
)
from supervision.policy import (
    AutoShutdown,
    Backoff,
    Kind,
    Strategy,
)
from supervision.ref import ActorRef
from supervision.run import run_until_signal
from supervision.snapshot import (
    Counts,
    Node,
)
from supervision.spec import ActorSpec, ChildSpec, DynamicSpec, SupervisorSpec
from supervision.supervisor_ref import (
    SupervisorRef,
)
from supervision.tree import Tree, open_tree

__all__ = [
    "Actor",
    "ActorCrashed",
    "ActorDead",
    "ActorRef",
    "ActorSpec",
    "AlreadyPresent",
    "AlreadyRunning",
    "AnyEvent",
    "AskCycle",
    "AskTimeout",
    "AutoShutdown",
    "BackingOff",
    "Backoff",
    "ChildNotFound",
    "ChildSpec",
    "Counts",
    "Crashed",
    "DeadLetters",
    "Decline",
    "Down",
    "DynamicRef",
    "DynamicSpec",
    "ErrorText",
    "Event",
    "GaveUp",
    "InvalidSpec",
    "Kind",
    "MailboxFull",
    "MailboxStatistics",
    "Node",
    "NotRunning",
    "OnlyByKey",
    "Restarting",
    "ShutDown",
    "StartDeclined",
    "StartError",
    "StartFailed",
    "Started",
    "StopActor",
    "StopOverdue",
    "StopTree",
    "Stopped",
    "Strategy",
    "SupervisionError",
    "SupervisorRef",
    "SupervisorSpec",
    "Timer",
    "Tree",
    "TreeFailed",
    "open_tree",
    "run_until_signal",
]
