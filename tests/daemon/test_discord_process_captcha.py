"""A game of protocol v1 whose captchas are read by people in a Discord channel."""

from pathlib import Path
from typing import Any

import pytest

from actors.giftcodes.model import Outcome, Redemption
from daemon.simulator import SimPlayer
from tests.worlds.discord_process import Stage, open_stage, said

PLAYER = SimPlayer("2001", kid="7", name="Frosty")


def _with_captchas(stage: Stage, more: str = "") -> tuple[Any, Any]:
    game = stage.world.games["wos"]
    game.captchas.interval = 0.0
    server = stage.add_server()
    desk = server.guild.add_channel("captchas")
    stage.write_config(more, protocol="v1", discord=f"captcha_channel = {desk.id}")
    config = stage.host.config
    config.write_text(config.read_text().replace('captcha = "none"', 'captcha = "person"'))
    stage.set_up(server.record(), server.registration("2001"), players=[PLAYER])
    return server, desk


async def test_a_member_answers_a_captcha_and_the_code_is_redeemed(tmp_path: Path) -> None:
    async with open_stage(tmp_path, protocol="v1", captcha=True, codes=["SNOW"]) as stage:
        server, desk = _with_captchas(stage)
        ann = server.member("Ann")
        async with stage.host.perkd() as process:
            (asked,) = await stage.until(lambda: list(desk.messages))
            assert "Frosty" in said(asked)
            assert asked.attachments
            await stage.until_connected()
            right = stage.world.games["wos"].captchas.peek("2001")
            assert right is not None
            form = await ann.press(asked, "Answer")
            await ann.submit(form, text=f" {right.text.lower()} ")
            await stage.until_shown(server.channel, "SNOW", "1 redeemed")
            assert await stage.host.stop(process) == 0
        (record,) = stage.host.find(Redemption)
        assert record.outcome is Outcome.REDEEMED
        assert record.spent.captcha == 0
        assert right.text.lower() not in stage.host.log_text()
        assert right.text not in stage.host.log_text()
        assert not [one for one in desk.messages if one.components]
        assert "Traceback" not in stage.host.log_text()


@pytest.mark.slow  # a player gets a captcha a minute
async def test_a_wrong_answer_is_charged_and_asked_again(tmp_path: Path) -> None:
    async with open_stage(tmp_path, protocol="v1", captcha=True, codes=["SNOW"]) as stage:
        server, desk = _with_captchas(stage)
        ann = server.member("Ann")
        async with stage.host.perkd() as process:
            (asked,) = await stage.until(lambda: list(desk.messages))
            await stage.until_connected()
            await ann.submit(await ann.press(asked, "Answer"), text="wr0ng")
            (second,) = await stage.until(lambda: desk.messages[1:], within=90)
            right = stage.world.games["wos"].captchas.peek("2001")
            assert right is not None
            await ann.submit(await ann.press(second, "Answer"), text=right.text)
            await stage.until_shown(server.channel, "SNOW", "1 redeemed")
            assert await stage.host.stop(process) == 0
        (record,) = stage.host.find(Redemption)
        assert (record.outcome, record.spent.captcha) == (Outcome.REDEEMED, 1)
        assert "wr0ng" not in stage.host.log_text()


@pytest.mark.slow  # a captcha waits for two minutes
async def test_a_captcha_that_nobody_answers_is_charged_and_nothing_hangs(tmp_path: Path) -> None:
    async with open_stage(tmp_path, protocol="v1", captcha=True, codes=["SNOW"]) as stage:
        more = "[redeem.budgets]\ncaptcha = 1\n"
        server, desk = _with_captchas(stage, more)
        async with stage.host.perkd() as process:
            await stage.until(lambda: list(desk.messages))
            await stage.until_shown(server.channel, "SNOW", "nobody answered the captcha in time", within=140)
            assert "nobody answered within 120 s" in said(desk.messages[0])
            assert await stage.host.stop(process) == 0
        (record,) = stage.host.find(Redemption)
        assert (record.outcome, record.status) == (Outcome.FAILED, "CAPTCHA_EXPIRED")
