"""A supervisor's decisions, without trio: what happened goes in, what to do comes out.

The shell (`supervisor.py`) tells the core of each start, failure and end, and carries out the actions
it gets back. Time is an argument. Rules: OTP's `supervisor`; see docs/supervision.md.
"""

import math

from attrs import define

from supervision.actions import Action, Answer, Finish, Forget, Outcome, Refusal, Stop
from supervision.child import Child, End, Phase, Policy, wants_restart
from supervision.policy import Kind
from supervision.steps import Mode, Steps


@define
class SupervisorCore(Steps):
    """The state machine of a supervisor: what happens to it, and what is ordered by hand."""

    # --- what happens ---------------------------------------------------------------------------

    def start(self, now: float) -> list[Action]:
        """Begin: children start in order, each after the one before has acknowledged."""
        return self._advance(now)

    def started(self, index: int, now: float) -> list[Action]:
        """A child acknowledged its start."""
        child = self.children[index]
        if child.phase is Phase.STARTING:
            child.phase, child.since = Phase.RUNNING, now
            if not self._absorbed(index):  # else its group is about to stop it, and to start it again
                child.done = True
        if not child.by_hand:
            return self._advance(now)
        child.by_hand = child.new = False
        return [Answer(index, Outcome.STARTED), *self._advance(now)]

    def declined(self, index: int, now: float) -> list[Action]:
        """A child said "not now": it is not running, and that is no error."""
        child = self.children[index]
        if child.phase is not Phase.STOPPING:  # else its group is about to start it again
            child.done, child.new = True, False
        return self._over(index, now, Outcome.DECLINED)

    def start_failed(self, index: int, now: float, *, final: bool = False) -> list[Action]:
        """A start did not succeed. At the first start that ends the supervisor; later it is retried.

        `final`: it is not tried again, because the whole tree is about to end.
        """
        child = self.children[index]
        asked_to_stop = child.phase is Phase.STOPPING
        if self._mode is Mode.STARTING:
            self._stop(Finish(End.START_FAILED, index))
        elif final or (child.by_hand and not asked_to_stop):
            child.done = child.out = True
        elif self._mode is Mode.RUNNING and not asked_to_stop:
            self._restart(index, now)
            return self._advance(now)
        return self._over(index, now, Outcome.FAILED)

    def ended(self, index: int, end: End, now: float) -> list[Action]:
        """A running child ended."""
        child = self.children[index]
        by_itself = child.phase is not Phase.STOPPING and not self._absorbed(index)
        wanted = wants_restart(child.policy.kind, end)
        if end is End.FINISHED:
            child.done = child.out = True
        elif by_itself and not wanted:
            child.done = True
        elif by_itself and self._mode is Mode.STARTING:
            self._early.append(index)
        elif by_itself and self._mode is Mode.RUNNING:
            self._restart(index, now)
            return self._advance(now)
        if by_itself and not wanted and child.policy.significant:
            child.phase = Phase.IDLE
            self._shut_down(index)
        return self._over(index, now, Outcome.FAILED)

    def stop(self, now: float) -> list[Action]:
        """Stop all children in reverse order, then end as stopped."""
        if self._mode in {Mode.STARTING, Mode.RUNNING}:
            self._stop(Finish(End.STOPPED))
        return self._advance(now)

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        return self._advance(now)

    # --- what is asked --------------------------------------------------------------------------

    def next_due(self) -> float:
        """When `tick` should be called next (inf: no need)."""
        if self._mode is not Mode.RUNNING or (not self._waiting and self._group is None):
            return math.inf
        due = [self.children[index].due for index in self._waiting]
        if self._group is not None and not self._group.stopping and not self._group.begun:
            due.append(self._group.due)
        return min(due, default=math.inf)

    def due(self, index: int) -> float:
        """When a child that ended is to be started again (inf: it is not)."""
        child = self.children.get(index)
        if child is None:
            return math.inf
        if child.phase is Phase.WAITING:
            return child.due
        if self._group is not None and self._in_group(index) and not child.done:
            return self._group.due
        return math.inf

    def leads_group(self, index: int) -> bool:
        """Whether a child's end, or failed start, led to the group restart that goes on."""
        return self._group is not None and self._group.culprit == index

    def over_for_good(self, index: int, end: End) -> bool:
        """Whether a child that ended so will not be started again by itself."""
        child = self.children.get(index)
        if child is None:
            return True
        kind = child.policy.kind
        clean = kind is Kind.TRANSIENT and end in {End.NORMAL, End.SHUTDOWN} and child.done
        return not child.alive and (kind is Kind.TEMPORARY or child.out or clean)

    # --- what is ordered by hand ----------------------------------------------------------------

    def refusal(self, index: int | None = None) -> Refusal | None:
        """Why nothing but a stop can be done about a child now, or about a new one (None).

        A child that runs is no reason here: that depends on what is to be done.
        """
        if self._mode is not Mode.RUNNING:
            return Refusal.NOT_RUNNING
        if self._group is not None and (index is None or self._in_group(index)):
            return Refusal.RESTARTING
        if index is not None and self.children[index].phase is Phase.WAITING:
            return Refusal.RESTARTING
        return None

    def present(self, index: int) -> Refusal:
        """Why no other child can be added under the name of this one."""
        known = Refusal.ALREADY_RUNNING if self.children[index].alive else Refusal.ALREADY_PRESENT
        return self.refusal(index) or known

    def start_new(self, index: int, policy: Policy, now: float) -> list[Action] | Refusal:
        """Add a child, of a number above all that were, and start it. It stays if it can start."""
        refused = self.refusal()
        if refused is not None:
            return refused
        self.children[index] = Child(policy, by_hand=True, new=True)
        return self._spawn(index, now)

    def restart_child(self, index: int, now: float) -> list[Action] | Refusal:
        """Start a child that is not running. That costs no budget, and failing is only told."""
        child, refused = self.children[index], self.refusal(index)
        if refused is not None:
            return refused
        if child.alive:
            return Refusal.ALREADY_RUNNING
        child.out, child.by_hand, child.failures = False, True, 0
        return self._spawn(index, now)

    def stop_child(self, index: int, now: float) -> list[Action] | Refusal:
        """Stop a child: it stays known, and is started again by hand only. Also amid a restart."""
        if self._mode is not Mode.RUNNING:
            return Refusal.NOT_RUNNING
        child = self.children[index]
        child.out = child.done = child.awaited = True
        if not child.alive:
            self._waiting.discard(index)
            return self._over(index, now, Outcome.STOPPED)
        if child.phase is Phase.STOPPING:
            return []
        child.phase = Phase.STOPPING
        return [Stop(index)]

    def delete_child(self, index: int) -> list[Action] | Refusal:
        """Forget a child that is not running."""
        refused = self.refusal(index)
        if refused is not None:
            return refused
        if self.children[index].alive:
            return Refusal.ALREADY_RUNNING
        del self.children[index]
        return [Forget(index)]

    # --- the end of a life ----------------------------------------------------------------------

    def _over(self, index: int, now: float, outcome: Outcome) -> list[Action]:
        """A child is not running, and nothing starts it again alone: who is to know, and what is next."""
        child = self.children[index]
        if self._in_group(index) and not child.done:
            outcome = Outcome.REGROUPED
        elif child.phase is Phase.STOPPING:
            outcome = Outcome.STOPPED
        failed = child.new and outcome is Outcome.FAILED
        awaited = child.by_hand or child.awaited
        child.by_hand = child.new = child.awaited = False
        child.phase = Phase.IDLE
        actions: list[Action] = [Answer(index, outcome)] if awaited else []
        if failed or (child.policy.kind is Kind.TEMPORARY and self._mode in {Mode.STARTING, Mode.RUNNING}):
            del self.children[index]
            actions.append(Forget(index))
        return actions + self._advance(now)
