"""How the stand-in reads and writes BSON: every type comes out as it went in."""

from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion

CODEC: CodecOptions[dict[str, Any]] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS)

MAX_DOCUMENT = 16 * 1024 * 1024
MAX_MESSAGE = 48_000_000
MAX_BATCH = 100_000
