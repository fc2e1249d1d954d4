"""What a MongoDB server refuses, with the numbers and names it gives."""

from typing import Any

Document = dict[str, Any]

NAMES = {
    2: "BadValue",
    9: "FailedToParse",
    13: "Unauthorized",
    14: "TypeMismatch",
    18: "AuthenticationFailed",
    20: "IllegalOperation",
    26: "NamespaceNotFound",
    27: "IndexNotFound",
    28: "PathNotViable",
    40: "ConflictingUpdateOperators",
    43: "CursorNotFound",
    48: "NamespaceExists",
    59: "CommandNotFound",
    66: "ImmutableField",
    67: "CannotCreateIndex",
    86: "IndexKeySpecsConflict",
    91: "ShutdownInProgress",
    189: "PrimarySteppedDown",
    225: "TransactionTooOld",
    10107: "NotWritablePrimary",
    10334: "BSONObjectTooLarge",
    11000: "DuplicateKey",
    13435: "NotPrimaryNoSecondaryOk",
    14031: "OutOfDiskSpace",
    17419: "Location17419",
    40324: "Location40324",
}

# What a driver may send again, as the server's own list has it.
RETRYABLE = frozenset({91, 189, 10107, 13435})


class MongoError(Exception):
    """A refusal. `fields` stand beside the code in the answer (keyPattern, keyValue)."""

    def __init__(self, code: int, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.code = code
        self.fields = fields

    def reply(self) -> Document:
        """As the whole answer to a command."""
        name = NAMES.get(self.code, f"Location{self.code}")
        return {"ok": 0.0, "errmsg": str(self), "code": self.code, "codeName": name, **self.fields}

    def write_error(self, index: int) -> Document:
        """As one entry of `writeErrors`."""
        return {"index": index, "code": self.code, "errmsg": str(self), **self.fields}
