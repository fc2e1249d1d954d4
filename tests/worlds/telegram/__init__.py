"""A stand-in for Telegram: a data centre on 127.0.0.1 that the unmodified Telethon talks MTProto to."""

from tests.worlds.telegram.centre import DataCentre, open_telegram

__all__ = ["DataCentre", "open_telegram"]
