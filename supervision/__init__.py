"""Supervised actors on trio, with the semantics of Erlang/OTP's `supervisor`.

This module only re-exports. `supervision.testing` is public as well; everything else is not.
Importable from outside: nothing in here knows what the actors are for.
"""

from supervision.actor import Actor, Timer
from supervision.dynamic import DynamicRef
from supervision.errors import (
    ActorCrashed,
    ActorDead,
    AlreadyRunning,
    AskCycle,
    AskTimeout,
    Decline,
    InvalidSpec,
    MailboxFull,
    NotRunning,
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
    ErrorText,
    Event,
    GaveUp,
    StartDeclined,
    Started,
    StartError,
    StopOverdue,
    Stopped,
    bounded,
)
from supervision.policy import Backoff, Kind, Strategy
from supervision.ref import ActorRef
from supervision.run import run_until_signal
from supervision.snapshot import Node
from supervision.spec import ActorSpec, ChildSpec, DynamicSpec, SupervisorSpec
from supervision.tree import Tree, open_tree

__all__ = [
    "Actor",
    "ActorCrashed",
    "ActorDead",
    "ActorRef",
    "ActorSpec",
    "AlreadyRunning",
    "AnyEvent",
    "AskCycle",
    "AskTimeout",
    "BackingOff",
    "Backoff",
    "ChildSpec",
    "Crashed",
    "Decline",
    "DynamicRef",
    "DynamicSpec",
    "ErrorText",
    "Event",
    "GaveUp",
    "InvalidSpec",
    "Kind",
    "MailboxFull",
    "Node",
    "NotRunning",
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
    "SupervisorSpec",
    "Timer",
    "Tree",
    "TreeFailed",
    "bounded",
    "open_tree",
    "run_until_signal",
]
