"""Whether perkd runs VIP threads. Knows nothing of hikari and Telethon until it does."""

import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from actors.ports import Clock
from daemon.config import Config
from daemon.logs import add_secret
from daemon.secrets import SecretError
from daemon.telegram.application import load_application
from daemon.telegram.keys import SessionKey, load_session_key
from daemon.vip.attachments import new_client

if TYPE_CHECKING:
    from daemon.discord.parts import DiscordParts
    from daemon.telegram.values import Application

    logging.getLogger("telethon").setLevel(logging.WARNING)  # it tells, as it is imported, how it encrypts
    from daemon.vip.parts import VIPSide


async def open_vip(
    config: Config,
    clock: Clock,
    discord: "DiscordParts | None",
    notes: list[str],
    stack: AsyncExitStack,
) -> "VIPSide | None":
    """What perkd has of VIP threads, closed by the stack; None where they are off, or can't run.

    What is missing goes to `notes`, as sentences: the rest of perkd goes on without.
    """
    if not config.vip.enabled:
        return None
    missing: list[str] = []
    if discord is None:
        missing.append(f"the bot's token is missing: set the environment variable {config.discord.token_env}")
    application = _application(config, missing)
    key = _session_key(config, missing)
    notes.extend(f"there are no VIP threads: {what}" for what in missing)
    if not config.vip.staff_roles:
        notes.append(
            "nobody is staff of the VIP threads, so nobody can clear one that is stuck: "
            "put the ids of roles into [vip] staff_roles"
        )
    if discord is None or application is None or missing:
        return None
    logging.getLogger("telethon").setLevel(logging.WARNING)  # it tells, as it is imported, how it encrypts
    from daemon.vip.parts import VIPSide  # noqa: PLC0415 - Telethon, only where it is used

    client = await stack.enter_async_context(new_client())
    return VIPSide(config, clock, discord, application, client, key)


def _application(config: Config, missing: list[str]) -> "Application | None":
    try:
        application = load_application(config.telegram)
    except SecretError as error:
        missing.append(str(error))
        return None
    add_secret(application.api_hash.reveal())
    return application


def _session_key(config: Config, missing: list[str]) -> SessionKey | None:
    try:
        return load_session_key(config.telegram)
    except SecretError as error:
        missing.append(str(error))
        return None
