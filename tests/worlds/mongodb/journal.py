"""A state that outlives its process: the commands that write, in a file, done again at the next start."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import bson
from attrs import define

from tests.worlds.mongodb.codec import CODEC
from tests.worlds.mongodb.commands import Commands
from tests.worlds.mongodb.errors import Document
from tests.worlds.mongodb.state import MongoState
from tests.worlds.mongodb.writes import ConnectionCut


@define(eq=False)
class Journal:
    """Written before a command is done, so whatever was answered is in it. A killed process loses nothing."""

    file: BinaryIO

    def write(self, command: Document, stop_after: int | None) -> None:
        document = {"command": command, "stop_after": stop_after}
        self.file.write(bson.encode(document, codec_options=CODEC))
        self.file.flush()


@contextmanager
def reopen(path: Path, *, replica_set: str) -> Iterator[MongoState]:
    """The state that the journal at `path` describes, with the journal going on."""
    state = MongoState()
    commands = Commands(state, replica_set)
    whole = 0
    if path.exists():
        raw = path.read_bytes()
        while document := _next(raw, whole):
            _do(commands, document)
            whole += int.from_bytes(raw[whole : whole + 4], "little")
    with path.open("ab") as file:
        file.truncate(whole)  # what a kill left half written was never done
        state.journal = Journal(file).write
        yield state


def _next(raw: bytes, at: int) -> Document | None:
    end = at + int.from_bytes(raw[at : at + 4], "little")
    return bson.decode(raw[at:end], codec_options=CODEC) if at < end <= len(raw) else None


def _do(commands: Commands, document: Document) -> None:
    try:
        commands.answer(document["command"], 0, document["stop_after"])
    except ConnectionCut:
        return
