"""Transport compression of the gateway: one zlib stream a connection, flushed after every payload."""

import json
import zlib
from typing import Any

FLUSHED = b"\x00\x00\xff\xff"
"""What every payload ends with, so that a client knows that it is whole."""


class ZlibStream:
    """Compresses the payloads of one connection."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj()

    def pack(self, payload: dict[str, Any]) -> bytes:
        """One payload as one binary message."""
        packed = self._deflate.compress(json.dumps(payload).encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        assert packed.endswith(FLUSHED)
        return packed


class PlainText:
    """What a client gets that did not ask for compression."""

    def pack(self, payload: dict[str, Any]) -> str:
        """One payload as one text message."""
        return json.dumps(payload)
