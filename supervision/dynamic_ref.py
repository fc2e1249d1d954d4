"""A dynamic supervisor's address."""

from collections.abc import Iterable
from typing import NoReturn

import trio
from attrs import frozen

from supervision.asking import refuse_own_end
from supervision.dynamic import DynamicCell, Member
from supervision.errors import AlreadyRunning, ChildNotFound, NotRunning, OnlyByKey
from supervision.question import Question
from supervision.ref import ActorRef
from supervision.snapshot import Counts, Node, snapshot
from supervision.spec import DynamicSpec
from supervision.validation import check_key, check_text


@frozen
class DynamicRef:
    """The address of a dynamic supervisor. Valid across restarts.

    Arguments of a wrong type are refused at once: `InvalidSpec`.
    """

    _cell: DynamicCell

    @property
    def path(self) -> str:
        """Where it is in the tree."""
        return self._cell.path

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self._cell.name

    def __repr__(self) -> str:
        return f"<DynamicRef {self._cell.path}>"

    @property
    def running(self) -> bool:
        """`start_child` would be heard now."""
        return self._cell.runner is not None and not self._cell.runner.stopping

    async def start_child(self, key: str, *args: object) -> ActorRef:
        """Start a child under `key`, its factory called with `args`; return its ref once it has started.

        Whoever stops waiting does not stop the child: it goes on starting.

        Raises:
            InvalidSpec: the key can't be part of a path.
            AlreadyRunning: there is a child with this key.
            NotRunning: the supervisor is not running now, or child or supervisor were stopped meanwhile.
            StartFailed: the child could not be started; its key is free again.
            Decline: the child said "not now"; its key is free again.
        """
        check_key(self.path, key)
        cell, runner = self._cell, self._cell.runner
        if runner is None or runner.stopping:
            raise NotRunning(f"{cell.path} is not running")
        if key in cell.children:
            raise AlreadyRunning(f"{cell.path}/{key} is there already")
        member = Member(f"{cell.path}/{key}", cell.host, spec=cell.spec.template, args=args, key=key)
        member.starting = question = Question(None, member.path)
        member.state = "starting"
        cell.children[key] = member
        runner.start(member)
        await question.wait()
        return ActorRef(member)

    async def stop_child(self, key: str) -> None:
        """Stop the child under `key` and wait for its end; without one, nothing happens.

        Raises:
            AskCycle: it is the child itself that asks: it would wait for itself.
        """
        check_text(self.path, "key", key)
        refuse_own_end(self._cell, key)
        member = self._cell.children.get(key)
        if member is None or self._cell.runner is None:
            await trio.lowlevel.checkpoint()
            return
        if member.gone is None:
            member.gone = trio.Event()
        self._cell.runner.stop_member(member)
        await member.gone.wait()

    async def restart_child(self, key: str) -> NoReturn:
        """Refused, as OTP does: raises `OnlyByKey`. Stop the child, and start one under its key."""
        raise OnlyByKey(f"{self.path}/{key} can't be restarted by hand: stop it, then start a new one")

    async def delete_child(self, key: str) -> NoReturn:
        """Refused, as OTP does: raises `OnlyByKey`. A child that is stopped is forgotten with that."""
        raise OnlyByKey(f"{self.path}/{key} can't be deleted: it is forgotten when it is stopped")

    @property
    def spec(self) -> DynamicSpec:
        """Its own specification and its children's, with every default: JSON-ready by its `to_json()`."""
        return self._cell.spec

    def children(self) -> tuple[Node, ...]:
        """The state of all children."""
        return tuple(map(snapshot, self._cell.children.values()))

    def states(self) -> list[tuple[str, str, int]]:
        """Key, state and restarts of all children: for choosing among thousands, `child` tells the rest."""
        return [(key, member.state, member.restarts) for key, member in self._cell.children.items()]

    def child(self, key: str) -> Node:
        """The state of one child. Raises `ChildNotFound`."""
        check_text(self.path, "key", key)
        member = self._cell.children.get(key)
        if member is None:
            raise ChildNotFound(f"{self.path} has no child {key!r}")
        return snapshot(member)

    def counts(self) -> Counts:
        """How many children it has."""
        return Counts.of(self._cell.children.values(), specs=1)

    def get(self, key: str) -> ActorRef | None:
        """The child under `key`, or None."""
        check_text(self.path, "key", key)
        member = self._cell.children.get(key)
        return None if member is None else ActorRef(member)

    def keys(self) -> Iterable[str]:
        """The keys of all children, as they are now."""
        return tuple(self._cell.children)

    def __len__(self) -> int:
        return len(self._cell.children)

    def __contains__(self, key: object) -> bool:
        return key in self._cell.children
