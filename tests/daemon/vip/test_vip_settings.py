"""`[vip]` as the actors and the adapters take it."""

from actors.vip.policy import VIPPolicy
from daemon.config import VipConfig
from daemon.discord.vip.places import VIPPlaces
from daemon.vip.settings import vip_places, vip_policy


def test_the_defaults_are_the_same_on_both_sides() -> None:
    assert vip_policy(VipConfig()) == VIPPolicy()
    assert vip_places(VipConfig()) == VIPPlaces()


def test_hours_and_minutes_become_seconds_and_numbers_ids() -> None:
    vip = VipConfig(
        upgrade_channel=11,
        log_channel=12,
        vip_role=13,
        staff_roles=(14, 15),
        unreachable_thread="clean",
        inactivity_hours=2.0,
        cooldown_minutes=3.0,
        replay_max=4,
        replay_hours=5.0,
        retention_days=6.0,
        auto_archive_minutes=60,
    )
    policy = vip_policy(vip)
    assert (policy.staff_roles, policy.vip_role) == ({"14", "15"}, "13")
    assert policy.clean_unreachable
    assert (policy.inactivity, policy.cooldown) == (7200.0, 180.0)
    assert (policy.replay_max, policy.replay_age) == (4, 18_000.0)
    assert policy.retention == 6 * 86400.0
    assert vip_places(vip) == VIPPlaces("11", "12", "13", 60)
