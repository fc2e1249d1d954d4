"""The transports: how packets are cut out of a TCP stream. Which one, the client's first bytes say."""

import struct
from zlib import crc32

import trio
from attrs import define

LENGTHS = {"intermediate": b"\xee\xee\xee\xee", "abridged": b"\xef"}
MAX_PACKET = 2**22


class BrokenStreamError(Exception):
    """What came is no packet."""


@define(eq=False)
class Transport:
    """Packets over one stream. `kind` is `full`, `abridged` or `intermediate`."""

    stream: trio.SocketStream
    kind: str = ""
    _buffer: bytes = b""
    _sent: int = 0

    async def receive(self) -> bytes | None:
        """The next packet, None at the end."""
        try:
            if not self.kind:
                self.kind = await self._find_out()
            return await getattr(self, f"_receive_{self.kind}")()  # type: ignore[no-any-return]
        except (trio.BrokenResourceError, trio.ClosedResourceError, EOFError):
            return None

    def frame(self, packet: bytes) -> bytes:
        """The packet as it goes over the stream; to be sent in the order of the calls."""
        if self.kind == "full":
            framed = struct.pack("<ii", len(packet) + 12, self._sent) + packet
            self._sent += 1
            return framed + struct.pack("<I", crc32(framed))
        if self.kind == "intermediate":
            return struct.pack("<i", len(packet)) + packet
        words = len(packet) // 4
        return (bytes([words]) if words < 127 else b"\x7f" + words.to_bytes(3, "little")) + packet

    async def _find_out(self) -> str:
        first = await self._peek(1)
        if first == LENGTHS["abridged"]:
            await self._take(1)
            return "abridged"
        if await self._peek(4) == LENGTHS["intermediate"]:
            await self._take(4)
            return "intermediate"
        return "full"

    async def _receive_full(self) -> bytes:
        head = await self._take(8)
        body = await self._take(_sane(struct.unpack("<i", head[:4])[0] - 8))
        if crc32(head + body[:-4]) != struct.unpack("<I", body[-4:])[0]:
            raise BrokenStreamError("wrong checksum")
        return body[:-4]

    async def _receive_intermediate(self) -> bytes:
        return await self._take(_sane(struct.unpack("<i", await self._take(4))[0]))

    async def _receive_abridged(self) -> bytes:
        words = (await self._take(1))[0]
        if words >= 127:
            words = int.from_bytes(await self._take(3), "little")
        return await self._take(_sane(words * 4))

    async def _peek(self, size: int) -> bytes:
        while len(self._buffer) < size:
            more = await self.stream.receive_some()
            if not more:
                raise EOFError
            self._buffer += more
        return self._buffer[:size]

    async def _take(self, size: int) -> bytes:
        taken = await self._peek(size)
        self._buffer = self._buffer[size:]
        return taken


def _sane(size: int) -> int:
    if not 0 < size <= MAX_PACKET:
        raise BrokenStreamError(f"a packet of {size} bytes")
    return size
