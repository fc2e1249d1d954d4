import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.gameapi.body import BODY_LIMIT, number, parse_answer, unpack

TEXT = b'{"code":0}'


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (TEXT, ""),
        (TEXT, "identity"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), " GZIP "),
        (zlib.compress(TEXT), "deflate"),
        (bare_deflate(TEXT), "deflate"),
    ],
)
def test_each_encoding_we_accept_is_undone(raw: bytes, encoding: str) -> None:
    assert unpack(raw, encoding) == TEXT


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (TEXT, "gzip"),
        (gzip.compress(TEXT)[:-9], "gzip"),
        (b"", "gzip"),
        (zlib.compress(TEXT)[:-1], "deflate"),
        (TEXT, "br"),
        (TEXT, "gzip, gzip"),
    ],
)
def test_a_damaged_body_or_one_in_another_encoding_is_none(raw: bytes, encoding: str) -> None:
    assert unpack(raw, encoding) is None


def test_a_bomb_is_not_unpacked_beyond_the_limit() -> None:
    assert unpack(gzip.compress(b"x" * BODY_LIMIT), "gzip") == b"x" * BODY_LIMIT
    assert unpack(gzip.compress(b"x" * (BODY_LIMIT + 1)), "gzip") is None
    assert unpack(gzip.compress(bytes(100 * BODY_LIMIT)), "gzip") is None


@given(st.binary(max_size=300), st.sampled_from(["", "gzip", "deflate", "br"]))
def test_no_bytes_make_reading_fail(raw: bytes, encoding: str) -> None:
    body = unpack(raw, encoding)
    assert body is None or parse_answer(body) is None or isinstance(parse_answer(body), dict)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        ("40008", 40008),
        (-1, -1),
        (True, None),
        (1.0, None),
        ("", None),
        ("٣", None),
        ("9" * 99, None),
    ],
)
def test_a_number_is_a_number_or_its_digits(value: object, expected: int | None) -> None:
    assert number(value) == expected
