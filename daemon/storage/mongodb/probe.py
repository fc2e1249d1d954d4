"""Is MongoDB there, and what does it hold? Asked by `perkd check`; takes no lease, and changes nothing."""

from daemon.aio import open_loop
from daemon.storage.mongodb.address import MongoAddress
from daemon.storage.mongodb.conditions import DEADLINE, Line
from daemon.storage.mongodb.layout import JOURNAL
from daemon.storage.mongodb.meta import MetaDocument


async def probe(address: MongoAddress) -> str:
    """What was found, in words.

    Raises:
        StoreUnavailable: it can't be reached, or does not let perkd in.
        ReplicaTooNew: a newer perkd wrote the database.
    """

    async def look() -> str:
        client = address.connect()
        try:
            line = Line(address.place, DEADLINE)
            database = client[address.database]
            meta = await MetaDocument(database, line).read()
            async with line.command():
                batches = await database[JOURNAL].estimated_document_count()
        finally:
            await client.close()
        if meta.copying is not None:
            return f"{address.place}, database {address.database}: a full copy of the state is under way"
        state = "no state yet" if not batches else f"the state up to {meta.applied}, or newer"
        return f"{address.place}, database {address.database}: {state}"

    async with open_loop("mongodb-check") as loop:
        return await loop.call(look)
