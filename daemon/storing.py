"""Where the state is kept, by the configuration: in the file alone, or in MongoDB as well."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from attrs import frozen

from actors.pair import Pair
from actors.ports import Clock
from actors.replica import ReplicaActor, ReplicaClient
from actors.replicated import ReplicatedStore
from actors.replicated_storage import ReplicatedStorageActor
from actors.storage import one_thread
from actors.writer import StorageActor
from daemon.assembly import MONGODB
from daemon.config import Config
from daemon.logs import add_secret
from daemon.secrets import SecretError, load_secret
from daemon.storage import SQLiteStore
from daemon.storage.alone import LoneBackend
from daemon.storage.holder import holder_id
from supervision import Actor, Tree

if TYPE_CHECKING:
    from daemon.storage.mongodb import MongoAddress

DATABASE = "perkd.sqlite3"
"""The state's file, in the data directory."""


def database(config: Config) -> Path:
    """Where the file is."""
    return config.perkd.data_dir / DATABASE


def mongodb_address(config: Config) -> "MongoAddress | None":
    """Where MongoDB is; None where it is not configured.

    Raises:
        SecretError: the variable holds no address of MongoDB.
    """
    variable = config.storage.mongodb_uri_env
    secret = load_secret(variable or None)
    if secret is None:
        return None
    add_secret(secret.reveal())
    from daemon.storage.mongodb import AddressError, MongoAddress  # noqa: PLC0415 - pymongo, only where it is used

    for password in _passwords(secret.reveal()):
        add_secret(password)
    try:
        return MongoAddress.parse(secret.reveal(), config.storage.mongodb_database)
    except AddressError as error:
        raise SecretError(str(error).replace("MONGODB_URI", variable)) from None


def where_state_is(config: Config) -> str:
    """The file, and MongoDB where it is configured, in words. Raises `SecretError`."""
    address = mongodb_address(config)
    also = "" if address is None else f", and in MongoDB at {address.place}, database {address.database}"
    return f"{database(config)}{also}"


def _passwords(uri: str) -> Iterator[str]:
    """The password in an address, as it is written there and as it is."""
    found = re.search(r"://[^:@/]*:(.+)@", uri)
    if found is not None:
        yield found[1]
        yield unquote(found[1])


@frozen
class Storing:
    """The actors that keep the state."""

    config: Config
    clock: Clock
    address: "MongoAddress | None" = None

    @property
    def mongodb(self) -> Callable[[], Actor] | None:
        """Makes the actor that speaks to MongoDB; None where it is not configured."""
        address = self.address
        if address is None:
            return None
        from daemon.storage.mongodb import open_replica  # noqa: PLC0415 - as above

        holder = holder_id(self.config.perkd.data_dir)
        return lambda: ReplicaActor(lambda: open_replica(address, holder=holder))

    def storage(self, tree: Tree) -> Actor:
        """The one writer."""
        path = database(self.config)
        if self.address is None:
            return StorageActor(lambda: LoneBackend(path))
        replica = ReplicaClient(tree.ref(MONGODB))
        pair = Pair(SQLiteStore(path), replica, one_thread(), self.clock.now)
        return ReplicatedStorageActor(ReplicatedStore(pair))
