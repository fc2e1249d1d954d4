"""Errors of Telethon's that are none of Telegram's answers: they crash nothing."""

import struct

import pytest
from telethon import errors

from actors.vip.ports import Unreachable
from daemon.telegram.errors import translate


@pytest.mark.parametrize(
    "error",
    [
        errors.BadMessageError(None, 20),
        errors.TypeNotFoundError(1, b"rest"),
        errors.InvalidChecksumError(1, 2),
        errors.InvalidBufferError(b"\x6c\xfe\xff\xff"),
        struct.error("unpack requires a buffer of 4 bytes"),
    ],
)
def test_an_answer_that_telethon_cant_read_is_an_outage(error):
    trouble = translate(error)

    assert type(trouble) is Unreachable
    assert type(error).__name__ in str(trouble)


def test_a_fault_of_perkds_own_is_no_outage():
    assert translate(TypeError("missing argument")) is None
