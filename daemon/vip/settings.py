"""`[vip]` as the actors and Discord's adapters take it. Read anew after a reload."""

from actors.vip.policy import VIPPolicy
from daemon.config import VipConfig
from daemon.discord.vip.places import VIPPlaces

_HOUR = 3600.0
_MINUTE = 60.0
_DAY = 86400.0


def vip_policy(vip: VipConfig) -> VIPPolicy:
    """What operators tune of the sessions."""
    return VIPPolicy(
        staff_roles=frozenset(map(str, vip.staff_roles)),
        vip_role=_id(vip.vip_role),
        clean_unreachable=vip.unreachable_thread == "clean",
        inactivity=vip.inactivity_hours * _HOUR,
        cooldown=vip.cooldown_minutes * _MINUTE,
        replay_max=vip.replay_max,
        replay_age=vip.replay_hours * _HOUR,
        retention=vip.retention_days * _DAY,
    )


def vip_places(vip: VipConfig) -> VIPPlaces:
    """Where on Discord all of it is."""
    return VIPPlaces(
        upgrade_channel=_id(vip.upgrade_channel),
        log_channel=_id(vip.log_channel),
        vip_role=_id(vip.vip_role),
        auto_archive_minutes=vip.auto_archive_minutes,
    )


def _id(number: int) -> str:
    """As ids cross: "" where there is none."""
    return str(number or "")
