"""Batches as the journal's documents hold them."""

import zlib

from actors.history import Entry, Term
from actors.ports import Position
from actors.storage import Refusal
from daemon.storage.mongodb.layout import Body, place

PACK_ABOVE = 1024 * 1024
"""Characters; longer batches are compressed."""
LARGEST = 16 * 1024 * 1024 - 64 * 1024
"""Bytes of one document's content: the server's limit is 16 MiB for all of it."""


def batch_document(entry: Entry, writer: str) -> Body:
    """The journal's document for a batch.

    Raises:
        Refusal: it is larger than a document may be.
    """
    position = entry.position
    document: Body = {
        "_id": place(position),
        "term": position.term,
        "sequence": position.sequence,
        "at": entry.at,
        "writer": writer,
    }
    if '"delete":' in entry.batch:  # also where a record's text says so: that costs a look, no more
        document["deletes"] = True
    if len(entry.batch) <= PACK_ABOVE:
        return document | {"batch": entry.batch}
    packed = zlib.compress(entry.batch.encode())
    if len(packed) > LARGEST:
        raise Refusal(
            f"batch {position.sequence} of term {position.term} is too large for MongoDB: "
            f"{len(packed)} bytes compressed, {LARGEST} at most"
        )
    return document | {"packed": packed}


def entry_in(document: Body) -> Entry:
    """The batch a document of the journal holds."""
    position = Position(int(document["term"]), int(document["sequence"]))
    text = zlib.decompress(document["packed"]).decode() if "packed" in document else document["batch"]
    return Entry(position, float(document["at"]), text)


def fence_document(at: Position, term: Term) -> Body:
    """The document that stands where the older term's next batch would go, so that it can't."""
    return {
        "_id": place(at),
        "term": at.term,
        "sequence": at.sequence,
        "fence": True,
        "term_begun": term.number,
        "writer": term.writer,
        "after": place(term.after),
    }
