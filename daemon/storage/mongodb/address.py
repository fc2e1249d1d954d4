"""What MONGODB_URI says, checked without a network, and without ever showing its password."""

import re
from typing import Any

from attrs import field, frozen
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

DATABASE = "perkd"
"""The database's name where neither the URI nor the configuration has one."""

CONNECT = 3.0
"""Seconds to find and reach a server."""

SHAPE = "mongodb://user:password@host:port/database or mongodb+srv://user:password@host/database"

_PARTS = re.compile(r"(mongodb(?:\+srv)?://)(?:([^@]*)@)?([^@/?]*)([/?][^@]*)?", re.DOTALL)
# What follows the hosts has no @: else it may be the rest of a password with an @ in it.


class AddressError(ValueError):
    """MONGODB_URI can't be used. The text names the fault, and nothing of its user or password."""


@frozen
class MongoAddress:
    """Where MongoDB is. Its repr and `place` may be shown to anybody; `uri` holds the password."""

    place: str
    """host:port, several with commas: for errors and the status."""
    database: str
    uri: str = field(repr=False)

    @classmethod
    def parse(cls, uri: str, database: str = DATABASE) -> "MongoAddress":
        """The address in a URI; `database` where it names none.

        Raises:
            AddressError: it is none that MongoDB's driver takes.
        """
        parts = _PARTS.fullmatch(uri.strip())
        if parts is None:
            raise AddressError(
                f"MONGODB_URI is no MongoDB address: it must look like {SHAPE}; in a user or password, "
                "write / : @ % as %2F %3A %40 %25"
            )
        scheme, user, hosts, rest = parts.groups()
        # As if there were no user: then what the driver says of it can be shown. Nothing is resolved.
        shown = _parsed(f"mongodb://{hosts}{rest or ''}")
        if user is not None:
            _require_escaped(user)
        if scheme == "mongodb+srv://" and ("," in hosts or ":" in hosts):
            raise AddressError("MONGODB_URI: a mongodb+srv:// address has one host, and no port")
        return cls(hosts, shown["database"] or database, uri.strip())

    def connect(self) -> "AsyncMongoClient[dict[str, Any]]":
        """A client; it connects when it is first used."""
        milliseconds = int(CONNECT * 1000)
        try:
            return AsyncMongoClient(
                self.uri,
                appname="perkd",
                serverSelectionTimeoutMS=milliseconds,
                connectTimeoutMS=milliseconds,
                maxPoolSize=8,
            )
        except (PyMongoError, ValueError):
            # Its text may hold parts of the URI, and so would a chain.
            raise AddressError("MONGODB_URI: its options contradict each other") from None


def _parsed(uri: str) -> dict[str, Any]:
    try:
        return parse_uri(uri, validate=True, warn=False)
    except (PyMongoError, ValueError) as error:
        raise AddressError(f"MONGODB_URI: {error}") from None


def _require_escaped(user: str) -> None:
    try:
        parse_uri(f"mongodb://{user}@host/")
    except (PyMongoError, ValueError):
        raise AddressError(
            "MONGODB_URI: its user or password has a character that must be written otherwise: "
            "/ : @ % as %2F %3A %40 %25"
        ) from None
