"""The manual of VIP threads names what there is: states, reasons, marks, limits, permissions, commands."""

import re
from pathlib import Path

from actors.vip.ending import REASONS
from actors.vip.model import AccountState, SessionState
from actors.vip.policy import VIPPolicy
from actors.vip.ports import Mark
from actors.vip.resync import WINDOW
from daemon.discord.commands.table import commands_for
from daemon.discord.permissions import RELAYING
from daemon.discord.vip.marking import REACTIONS as IN_THREADS
from daemon.telegram.desk import REACTIONS as AT_THE_DESK
from daemon.vip_relaying import DISCORD, TELEGRAM
from daemon.vip_status import MENDED_WITHIN, UNDELIVERED_WITHIN

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/vip.md").read_text(encoding="utf-8")
ENDPOINTS = (ROOT / "docs/endpoints.md").read_text(encoding="utf-8")
MIB = 1 << 20


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_reason_for_an_end_is_in_the_table_and_no_other() -> None:
    rows = [line.split("|")[1] for line in section("What ends a session").splitlines() if "|" in line]
    told = {text for row in rows for text in re.findall(r"`([^`]+)`", row)}
    assert told == {reason.format(staff="NAME") for reason in REASONS.values()}


def test_every_state_of_accounts_and_sessions_is_told() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section("Watching it"), re.MULTILINE)
    assert rows == [state.value for state in AccountState]
    metrics = [line for line in ENDPOINTS.splitlines() if line.startswith("| `perkd_vip_")]
    (sessions,) = [line for line in metrics if "`perkd_vip_sessions`" in line]
    (accounts,) = [line for line in metrics if "`perkd_vip_accounts`" in line]
    assert all(f"`{state.value}`" in sessions for state in SessionState)
    assert all(f"`{state.value}`" in accounts for state in AccountState)
    assert len(metrics) == 5
    assert "five series" in PAGE


def test_the_marks_are_those_that_are_put_on_messages() -> None:
    for mark in Mark:
        assert f"| {IN_THREADS[mark]} | {AT_THE_DESK[mark]} |" in PAGE


def test_the_limits_are_those_of_the_relay() -> None:
    crosses = section("What crosses")
    assert f"Discord {DISCORD.text:,}, Telegram {TELEGRAM.text:,} characters" in crosses
    assert f"up to {TELEGRAM.file // MIB} MiB each, one a message" in crosses
    assert (DISCORD.files, TELEGRAM.files) == (10, 1)
    assert f"up to {DISCORD.file // MIB} MiB each, ten files or {DISCORD.request // MIB} MiB" in crosses
    assert f"the last {WINDOW} messages" in PAGE


def test_the_times_are_those_of_the_policy() -> None:
    policy = VIPPolicy()
    assert (policy.drain, policy.opening_flood, policy.tries) == (30.0, 30.0, 4)
    assert "(30 s at most)" in PAGE
    assert "No step of the opening waits longer than 30 s" in PAGE
    assert f"did not answer the check within {policy.check_within:g} seconds" in PAGE
    assert (policy.quarantine, policy.pause_max, policy.limited) == (600.0, 60.0, 12 * 3600.0)
    assert "after ten minutes, or a minute while Telegram is away" in PAGE
    assert "tried again after 12 hours" in PAGE
    assert policy.retention == 30 * 86_400.0
    assert "`retention_days` (30)" in PAGE
    assert (MENDED_WITHIN, UNDELIVERED_WITHIN) == (900.0, 180.0)
    assert "for a quarter of an hour" in PAGE
    assert "for three\nminutes" in PAGE


def test_every_permission_that_threads_need_is_named() -> None:
    words = " ".join(section("Setting it up").split())
    assert [name for name in RELAYING.values() if name not in words] == []


def test_every_command_is_in_the_table_and_no_other() -> None:
    there = {one.path for one in commands_for({"wos": "v2"}, vip=True)} - {
        one.path for one in commands_for({"wos": "v2"})
    }
    assert set(re.findall(r"`/(vip \w+)`", section("Commands"))) == there
