"""MongoDB as the replica of the state: a journal of batches, and the records made from it."""

from daemon.storage.mongodb.address import AddressError, MongoAddress
from daemon.storage.mongodb.meta import ReplicaTooNew
from daemon.storage.mongodb.probe import probe
from daemon.storage.mongodb.replica import MongoReplica, open_replica

__all__ = ["AddressError", "MongoAddress", "MongoReplica", "ReplicaTooNew", "open_replica", "probe"]
