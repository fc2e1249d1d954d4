"""`perkd check`, the part about VIP threads: channels, roles, and what the bot may do there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field

from daemon.config import Config, DiscordConfig, PerkdConfig, VipConfig
from daemon.discord.examination import examine_discord
from daemon.finding import Finding
from daemon.secrets import Secret
from tests.worlds.discord.permissions import Permission


@define
class Case:
    """A server where everything is as it should be, until a test changes it."""

    discord: Any
    guild: Any
    directory: Path
    upgrade: Any = field(init=False)
    log: Any = field(init=False)
    crew: Any = field(init=False)
    vip_role: Any = field(init=False)
    vip: VipConfig = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.upgrade = self.guild.add_channel("upgrade")
        self.log = self.guild.add_channel("crew-log")
        self.crew, self.vip_role = self.guild.add_role("crew"), self.guild.add_role("vip")
        self.guild.bot_role.permissions |= int(Permission.MANAGE_ROLES)
        self.guild.bot_role.position = 10
        self.vip = VipConfig(
            enabled=True,
            upgrade_channel=int(self.upgrade.id),
            log_channel=int(self.log.id),
            staff_roles=(int(self.crew.id),),
            vip_role=int(self.vip_role.id),
        )

    async def findings(self, **changes: Any) -> Sequence[Finding]:
        config = Config(
            PerkdConfig(data_dir=self.directory / "var"),
            discord=DiscordConfig(rest_url=self.discord.rest_url),
            vip=evolve(self.vip, **changes),
        )
        return await examine_discord(config, Secret(self.discord.token))

    async def faults(self, **changes: Any) -> list[str]:
        return [f"{one.what}: {one.text}" for one in await self.findings(**changes) if not one.well]


@pytest.fixture
def case(discord: Any, tmp_path: Path) -> Case:
    (guild,) = discord.guilds.values()
    return Case(discord, guild, tmp_path)


async def test_where_all_is_in_order_each_part_is_told(case: Case) -> None:
    found = await case.findings()
    assert all(one.well for one in found), found
    texts = {f"{one.what}: {one.text}" for one in found}
    assert texts >= {
        "channel #upgrade: (VIP threads) the bot may do what is needed",
        "channel #crew-log: (VIP log) the bot may do what is needed",
        "VIP staff: those with the role crew",
        "VIP role: the bot can give vip",
    }


async def test_what_the_bot_lacks_is_named(case: Case) -> None:
    case.upgrade.deny("create_private_threads", "attach_files")
    case.log.deny("send_messages")
    assert await case.faults() == [
        "channel #upgrade: (VIP threads) the bot lacks Create Private Threads, Attach Files",
        "channel #crew-log: (VIP log) the bot lacks Send Messages",
    ]


async def test_a_channel_that_is_not_there_is_told_with_its_setting(case: Case) -> None:
    case.log.delete()
    (fault,) = await case.faults()
    assert fault == f"channel {case.log.id}: (VIP log) is not there, or hidden from the bot"
    case.upgrade.delete()
    (finding,) = [one for one in await case.findings() if not one.well]
    assert "upgrade_channel" in finding.way_out


async def test_a_channel_below_which_no_private_threads_can_be_is_none(case: Case) -> None:
    news = case.guild.add_channel("news", announcement=True)
    assert await case.faults(upgrade_channel=int(news.id)) == [
        f"channel {news.id}: (VIP threads) is no text channel of a server"
    ]


async def test_a_log_in_another_server_is_told(case: Case) -> None:
    elsewhere = case.discord.add_guild("Ice").add_channel("log")
    assert await case.faults(log_channel=int(elsewhere.id)) == [
        "channel #log: (VIP log) is in another server than upgrade_channel"
    ]


async def test_staff_that_nobody_can_be_is_told(case: Case) -> None:
    assert await case.faults(staff_roles=()) == ["VIP staff: nobody: a thread that is stuck can't be cleared"]
    assert await case.faults(staff_roles=(77, int(case.guild.id), int(case.crew.id))) == [
        "VIP staff: there is no role 77 in the server",
        f"VIP staff: {case.guild.id} is the role of everybody, which makes nobody staff",
    ]


async def test_a_role_that_the_bot_can_not_give_is_told(case: Case) -> None:
    assert await case.faults(vip_role=77) == ["VIP role: there is no role 77 in the server"]
    case.guild.bot_role.position = case.vip_role.position
    (fault,) = await case.faults()
    assert "no role of its own stands above it" in fault
    case.guild.bot_role.permissions &= ~int(Permission.MANAGE_ROLES | Permission.ADMINISTRATOR)
    (fault,) = await case.faults()
    assert "lacks Manage Roles" in fault
    assert await case.faults(vip_role=0) == []
