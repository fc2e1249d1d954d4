"""How something ended, to be carried to the other side and raised or returned there."""

from typing import Generic, TypeVar

from attrs import frozen

T = TypeVar("T")


@frozen
class Returned(Generic[T]):
    """It returned this."""

    value: T

    def unwrap(self) -> T:
        """The value."""
        return self.value


@frozen(eq=False)
class Raised:
    """It raised this, which is raised again as it is: its traceback shows both sides."""

    error: BaseException

    def unwrap(self) -> None:
        """Raise it."""
        error = self.error
        try:
            raise error
        finally:
            del error, self  # no cycle of the error, its traceback and this frame


Outcome = Returned[T] | Raised
