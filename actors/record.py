"""What everything stored is made of."""

from typing import ClassVar

from attrs import frozen


@frozen
class Record:
    """Base of everything stored.

    `collection` names where records of the class live; `key` is unique within it; `indexed` names the
    attributes (strings, numbers or None) that `Store.find` may select by.
    """

    collection: ClassVar[str]
    indexed: ClassVar[tuple[str, ...]] = ()

    @property
    def key(self) -> str:
        """The identity of the record in its collection."""
        raise NotImplementedError
