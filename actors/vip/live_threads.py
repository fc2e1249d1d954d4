"""Which threads live sessions have, and whose they are: so that who listens can pass over all others."""

from attrs import define, field

from actors.vip.messages import Member


@define(eq=False)
class LiveThreads:
    """Kept by the desk; it outlives the desk's incarnations.

    `owner` may be asked in any thread: it is one look into a dictionary. All else belongs to the desk.
    """

    _owners: dict[str, Member] = field(factory=dict)

    def owner(self, thread: str) -> Member | None:
        """Whose session is in the thread; None: there is none in it."""
        return self._owners.get(thread)

    def all(self) -> dict[str, Member]:
        """Every thread with its owner, as it is now."""
        return dict(self._owners)

    def bind(self, thread: str, member: Member) -> None:
        """The member's session lives in this thread."""
        self._owners[thread] = member

    def drop(self, member: Member) -> None:
        """The member has no session any more."""
        for thread in [thread for thread, owner in self._owners.items() if owner == member]:
            del self._owners[thread]

    def clear(self) -> None:
        """What is live has to be found out anew."""
        self._owners.clear()
