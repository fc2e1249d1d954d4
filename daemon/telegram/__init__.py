"""Telegram: one Telethon client per account, all of them on one asyncio loop. See `docs/telegram.md`."""
