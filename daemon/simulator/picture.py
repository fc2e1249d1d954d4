"""Captcha pictures: a small PNG with large letters that a person can read and copy."""

import base64
import struct
import zlib
from collections.abc import Mapping
from types import MappingProxyType

_GLYPHS: Mapping[str, str] = MappingProxyType(
    {
        # five rows of three pixels each; letters that look like one another are left out
        "2": "110 001 010 100 111",
        "3": "110 001 010 001 110",
        "4": "101 101 111 001 001",
        "7": "111 001 010 010 010",
        "A": "010 101 111 101 101",
        "C": "011 100 100 100 011",
        "E": "111 100 110 100 111",
        "F": "111 100 110 100 100",
        "H": "101 101 111 101 101",
        "J": "001 001 001 101 010",
        "K": "101 101 110 101 101",
        "L": "100 100 100 100 111",
        "P": "110 101 110 100 100",
        "T": "111 010 010 010 010",
        "X": "101 101 010 101 101",
        "Y": "101 101 010 010 010",
    }
)
ALPHABET = "".join(_GLYPHS)
_SCALE = 10


def png(text: str) -> bytes:
    """`text` (of `ALPHABET`) as a greyscale PNG, dark on light."""
    rows = ["0".join(("", *(_GLYPHS[letter].split()[row] for letter in text), "")) for row in range(5)]
    margin = "0" * len(rows[0])
    rows = [margin, *rows, margin]
    lines = [
        b"\0" + b"".join(b"\x30" * _SCALE if dot == "1" else b"\xf0" * _SCALE for dot in row) for row in rows
    ]
    header = struct.pack(">IIBBBBB", len(rows[0]) * _SCALE, len(rows) * _SCALE, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(line * _SCALE for line in lines))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def data_url(text: str) -> str:
    """The picture as the API sends it: a data URL that says JPEG, whatever it holds."""
    return "data:image/jpeg;base64," + base64.b64encode(png(text)).decode()


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
