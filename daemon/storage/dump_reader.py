"""JSON lines read as records: the first one that is wrong is named by its number."""

import json
from collections.abc import Iterator
from typing import IO, Any

from attrs import define, field, frozen

from actors.giftcodes.model import Record
from daemon.storage import codec
from daemon.storage.contents import FileRefused
from daemon.storage.errors import Unreadable
from daemon.storage.schema import MIGRATIONS

LONGEST = 16 * 1024 * 1024
"""Bytes of a line; what is longer is no record."""

NOTHING = "nothing was imported"


@frozen
class Header:
    """The first line."""

    counts: dict[str, int] | None
    """Collection → records that follow; None where it does not tell."""


@define
class DumpReader:
    """The file, line by line."""

    _lines: IO[bytes]
    _name: str
    _number: int = 0
    _counts: dict[str, int] = field(factory=dict)

    def fault(self, number: int, text: str) -> FileRefused:
        """The error for a line."""
        return FileRefused(f"{self._name}: line {number}: {text}; {NOTHING}")

    def header(self) -> Header:
        """The first line. Raises `FileRefused` where it is none, or that of a newer perkd."""
        document = next(self._documents(), None)
        if document is None or "perkd" not in document or type(document.get("schema")) is not int:
            raise self.fault(1, "no header of `perkd export`: name a file that it wrote")
        if document["schema"] > len(MIGRATIONS):
            raise self.fault(
                1,
                f"written by perkd {document['perkd']} with schema version {document['schema']}, this perkd "
                f"knows {len(MIGRATIONS)} at most: import it with the newer perkd",
            )
        counts = document.get("counts")
        return Header(counts if isinstance(counts, dict) else None)

    def records(self) -> Iterator[tuple[int, Record]]:
        """Line numbers and records. Raises `FileRefused` for the first line that is wrong."""
        for document in self._documents():
            record = self._record(document)
            self._counts[record.collection] = self._counts.get(record.collection, 0) + 1
            yield self._number, record

    def check_counts(self, header: Header) -> None:
        """Raise `FileRefused` where the file holds less, or more, than its header says: it was cut off."""
        for name, count in (header.counts or {}).items():
            found = self._counts.get(name, 0)
            if found != count:
                raise FileRefused(
                    f"{self._name}: line 1 tells of {count} {name}, but there are {found}: the file is cut "
                    f"off, or was edited; then correct `counts` in line 1, or leave it out; {NOTHING}"
                )

    def _record(self, document: dict[str, Any]) -> Record:
        if set(document) != {"collection", "record"}:
            found = ", ".join(map(repr, document)) or "nothing"
            raise self.fault(self._number, f"must have 'collection' and 'record', but has {found}")
        name = document["collection"]
        type_ = codec.COLLECTIONS.get(name) if isinstance(name, str) else None
        if type_ is None:
            known = ", ".join(sorted(codec.COLLECTIONS))
            raise self.fault(
                self._number,
                f"unknown collection {name!r}: this perkd knows {known}; if a newer one wrote it, use that",
            )
        try:
            return codec.from_document(type_, "", document["record"])
        except Unreadable as error:
            text = str(error).removeprefix(f"{name} '': ")
            raise self.fault(self._number, f"{name}: {text}") from error

    def _documents(self) -> Iterator[dict[str, Any]]:
        while line := self._lines.readline(LONGEST + 1):
            self._number += 1
            if len(line) > LONGEST:
                raise self.fault(self._number, f"longer than {LONGEST:,} bytes")
            if line.strip():
                yield self._parsed(line)

    def _parsed(self, line: bytes) -> dict[str, Any]:
        try:
            document = json.loads(line.decode("utf-8-sig" if self._number == 1 else "utf-8"))
        except UnicodeDecodeError:
            raise self.fault(self._number, "no UTF-8 text") from None
        except (ValueError, RecursionError) as error:
            raise self.fault(self._number, f"no JSON: {error}") from None
        if not isinstance(document, dict):
            raise self.fault(self._number, "no JSON object")
        return document
