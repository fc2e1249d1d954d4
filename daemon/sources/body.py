"""A body from a stranger: unpacked chunk by chunk, and never more of it than the limit."""

import re
import zlib

from attrs import frozen

from actors.ports import SourceError

BODY_LIMIT = 1024 * 1024
"""Bytes of one body, unpacked."""

_GZIP = 16 + zlib.MAX_WBITS
_EXCERPT = 80
_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^<>]*>([^<]{0,200})", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@frozen
class Body:
    """What a source answered."""

    content: bytes
    media_type: str = ""
    """`Content-Type` without parameters, in lower case."""

    @property
    def is_html(self) -> bool:
        """It is a web page, whatever it was sent as."""
        return _HTML.match(self.content.removeprefix(_BYTE_ORDER_MARK)) is not None

    @property
    def description(self) -> str:
        """What this is, in a few words, for an error."""
        if not self.content:
            return "an empty body"
        if self.is_html:
            title = _TITLE.search(self.content[:4096])
            return f"an HTML page {excerpt(title[1])}" if title else "an HTML page"
        return f"{self.media_type or 'no content type'}, {excerpt(self.content)}"


def excerpt(content: bytes | str) -> str:
    """The beginning of `content`, quoted, on one line, safe to print."""
    text = content[: _EXCERPT * 4].decode(errors="replace") if isinstance(content, bytes) else content
    text = text.strip()
    return repr(text[:_EXCERPT] + ("…" if len(text) > _EXCERPT else ""))


class BodyReader:
    """Gathers a body as it arrives and undoes its content encoding.

    Done here and not by the HTTP client, which would unpack each chunk of a gzip bomb in full (a
    thousandfold) before anybody could count.
    """

    def __init__(self, encoding: str) -> None:
        """`encoding`: the value of `Content-Encoding`, "" for none."""
        match encoding.strip().lower():
            case "" | "identity":
                self._gzip = None
            case "gzip" | "x-gzip":
                self._gzip = zlib.decompressobj(_GZIP)
            case other:
                raise SourceError(f"got Content-Encoding {excerpt(other)}, where gzip or none was asked for")
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk. Raises `SourceError` when it is damaged, or one too many."""
        if self._gzip is None:
            self._body += chunk
        else:
            self._inflate(self._gzip, chunk)
        if len(self._body) > BODY_LIMIT:
            raise SourceError(f"got more than {BODY_LIMIT} bytes")

    def _inflate(self, stream: "zlib._Decompress", chunk: bytes) -> None:
        while chunk and len(self._body) <= BODY_LIMIT:
            if stream.eof:  # a gzip file may have several members, and zeros behind
                chunk = chunk.lstrip(b"\0")
                if not chunk:
                    return
                self._gzip = stream = zlib.decompressobj(_GZIP)
            try:
                self._body += stream.decompress(chunk, BODY_LIMIT + 1 - len(self._body))
            except zlib.error as error:
                raise SourceError(f"got damaged gzip ({error})") from None
            chunk = stream.unused_data

    def finish(self) -> bytes:
        """The whole body. Raises `SourceError` when it was cut short."""
        if self._gzip is not None and not self._gzip.eof:
            raise SourceError(f"got gzip that was cut short after {len(self._body)} bytes")
        return bytes(self._body)
