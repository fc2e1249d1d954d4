"""MongoDB's wire protocol: OP_MSG, and OP_QUERY for a driver's first hello."""

import struct
from typing import Any

import bson
from attrs import frozen

from tests.worlds.mongodb.codec import CODEC, MAX_MESSAGE
from tests.worlds.mongodb.errors import Document

HEADER = struct.Struct("<iiii")
INT = struct.Struct("<i")
OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
CHECKSUM, MORE_TO_COME = 1, 2


class ProtocolError(Exception):
    """Bytes that are not the protocol."""


@frozen
class Request:
    """One command as it came. Documents of a sequence stand in the command as a list."""

    id: int
    legacy: bool
    command: Document
    wants_answer: bool = True

    @property
    def name(self) -> str:
        return next(iter(self.command), "")


def length_of(header: bytes) -> int:
    """The length of a whole message, in bytes, from its header."""
    length: int = HEADER.unpack(header)[0]
    if not HEADER.size < length <= MAX_MESSAGE + 16_384:
        raise ProtocolError(f"a message of {length} bytes")
    return length


def read_request(message: bytes) -> Request:
    """A request from a whole message."""
    _, id_, _, opcode = HEADER.unpack_from(message)
    if opcode == OP_MSG:
        return _read_msg(id_, message)
    if opcode == OP_QUERY:
        return _read_query(id_, message)
    raise ProtocolError(f"opcode {opcode}")


def _read_msg(id_: int, message: bytes) -> Request:
    flags = INT.unpack_from(message, HEADER.size)[0]
    end = len(message) - (4 if flags & CHECKSUM else 0)
    at = HEADER.size + 4
    command: Document = {}
    sequences: dict[str, list[Document]] = {}
    while at < end:
        kind, at = message[at], at + 1
        size = INT.unpack_from(message, at)[0]
        section = message[at : at + size]
        if kind == 0:
            command = bson.decode(section, codec_options=CODEC)
        elif kind == 1:
            name_end = section.index(0, 4)
            sequences[section[4:name_end].decode()] = bson.decode_all(section[name_end + 1 :], CODEC)
        else:
            raise ProtocolError(f"section of kind {kind}")
        at += size
    return Request(id_, legacy=False, command={**command, **sequences}, wants_answer=not flags & MORE_TO_COME)


def _read_query(id_: int, message: bytes) -> Request:
    at = HEADER.size + 4
    end = message.index(0, at)
    database = message[at:end].decode().removesuffix(".$cmd")
    at = end + 1 + 8  # numberToSkip and numberToReturn
    size = INT.unpack_from(message, at)[0]
    command: Document = bson.decode(message[at : at + size], codec_options=CODEC)
    command = command.get("$query", command)
    return Request(id_, legacy=True, command={**command, "$db": database})


def write_answer(request: Request, answer: dict[str, Any], id_: int) -> bytes:
    """The bytes that answer a request."""
    body = bson.encode(answer, codec_options=CODEC)
    if request.legacy:
        head = struct.pack("<iqii", 8, 0, 0, 1)  # AwaitCapable; no cursor; one document
        opcode = OP_REPLY
    else:
        head, opcode = b"\0\0\0\0\0", OP_MSG  # no flags, one section of kind 0
    return HEADER.pack(HEADER.size + len(head) + len(body), id_, request.id, opcode) + head + body
