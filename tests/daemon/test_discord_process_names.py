"""Foreign names through all that perkd says on Discord: nobody is pinged, nothing breaks out."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actors.giftcodes.model import Code
from tests.worlds.discord_process import Stage, open_stage, said

NAMES = (
    "@everyone",
    "\u202eملك الثلج\u202c",
    "**bold** `code` ```block",
    "[click](https://evil.example)",
    "<@{victim}> <@&{role}> <#1>",
    "> quote\n# head",
)
_OVERRIDES, _ISOLATES = "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068"


def _assert_tame(shown: Any, foreign: Sequence[str]) -> None:
    """No mention that a client would show as one, no open code block, no direction that runs on, no link."""
    text = said(shown)
    outside = re.sub(r"`[^`\n]*`", "", text)
    assert not [one for one in foreign if re.search(rf"<@[!&]?{one}>", outside)], text
    assert not re.search(r"(?<![\\\u200b])@(everyone|here)", outside), text
    assert text.count("```") % 2 == 0, text
    assert not re.search(r"(?<!\\)\](?=\()", outside), text
    for line in text.splitlines():
        assert not any(char in line for char in _OVERRIDES), ascii(line)
        assert sum(map(line.count, _ISOLATES)) == line.count("\u2069"), ascii(line)


def _assert_nobody_is_pinged(stage: Stage, *foreign: str) -> None:
    messages = [one for channel in stage.discord.channels.values() for one in channel.messages]
    answers = [one.message for one in stage.discord.interactions.by_token.values() if one.message]
    for message in [*messages, *answers]:
        assert not message.pinged_everyone
        assert not message.pinged_roles
        assert not message.pinged
        _assert_tame(message, foreign)


async def test_names_of_any_kind_ping_nobody_and_break_out_of_nothing(tmp_path: Path) -> None:
    async with open_stage(tmp_path, players=len(NAMES)) as stage:
        server = stage.add_server("@everyone ``` \u202eServer")
        role, victim = server.guild.add_role("mods"), server.member("Victim")
        names = [name.format(victim=victim.id, role=role.id) for name in NAMES]
        ann = server.member("@here **Ann** `x` \u202e")
        evil = Code("wos", "SNOW", source="feed", rewards="@everyone ```**gold** <@&%s>" % role.id)  # noqa: UP031
        stage.set_up(server.record(), evil)
        async with stage.host.perkd() as process:
            await stage.until_connected()
            for number, name in enumerate(names):
                answer = await ann.slash(
                    server.channel,
                    "register",
                    fid=str(1001 + number),
                    state="7",
                    name=name.replace("\n", " "),
                )
                assert "✅ Registered" in said(answer), said(answer)
            wrong = await ann.slash(server.channel, "register", fid="@everyone", state="<@1>")
            assert "✅" not in said(wrong)
            await stage.until_shown(server.channel, "SNOW", "6/6")
            for who, command, options in (
                (ann, "players mine", {}),
                (server.admin, "players all", {}),
                (ann, "history", {}),
                (server.admin, "history", {"code": "SNOW"}),
                (ann, "redeem", {"code": "SNOW"}),
                (ann, "redeem", {"code": "@everyone ```"}),
                (server.admin, "codes list", {}),
                (server.admin, "manage giftcode show", {}),
                (server.admin, "manage audit", {}),
                (server.admin, "perkd status", {}),
                (ann, "unregister", {"player": names[2]}),
                (ann, "forget", {}),
            ):
                answer = await who.slash(server.channel, command, **options)
                assert said(answer), command
            suggested = await ann.autocomplete(server.channel, "unregister", "player", "")
            assert len(suggested) == len(names) - 1
            assert await stage.host.stop(process) == 0
        _assert_nobody_is_pinged(stage, victim.id, role.id)
        text = stage.host.log_text()
        assert "Traceback" not in text
        assert not any(char in text for char in _OVERRIDES)
