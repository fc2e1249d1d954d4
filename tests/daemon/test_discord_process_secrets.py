"""No log of the whole daemon has the bot's token, tokens of interactions, or what a captcha says."""

from pathlib import Path

import pytest

from daemon.simulator import SimPlayer
from tests.worlds.discord_process import open_stage, said

PLAYER = SimPlayer("2001", kid="7", name="Frosty")


@pytest.mark.parametrize("log_format", ["console", "json"])
async def test_not_even_a_debug_log_has_a_secret(tmp_path: Path, log_format: str) -> None:
    async with open_stage(tmp_path, protocol="v1", captcha=True, codes=["SNOW"]) as stage:
        server = stage.add_server()
        desk = server.guild.add_channel("captchas")
        discord = f"captcha_channel = {desk.id}"
        stage.write_config(protocol="v1", discord=discord, log_format=log_format)
        config = stage.host.config.read_text().replace('captcha = "none"', 'captcha = "person"')
        stage.host.config.write_text(config.replace("[perkd]", '[perkd]\nlog_level = "debug"'))
        stage.set_up(server.record(), server.registration("2001"), players=[PLAYER])
        faults = stage.discord.faults
        async with stage.host.perkd() as process:
            (asked,) = await stage.until(lambda: list(desk.messages))
            await stage.until_connected()
            captcha = stage.world.games["wos"].captchas.peek("2001")
            assert captcha is not None
            form = await server.admin.press(asked, "Answer")
            await server.admin.submit(form, text=captcha.text)
            faults.answer("POST", "/channels/*/messages", status=503, times=1)
            faults.answer("PATCH", "/webhooks/*/*/messages/@original", status=503, times=1)
            assert said(await server.admin.slash(server.channel, "players mine"))
            faults.drop_reply("PATCH", "/webhooks/*/*/messages/@original")
            assert said(await server.admin.slash(server.channel, "manage giftcode show"))
            assert await server.admin.autocomplete(server.channel, "redeem", "code", "SN")
            await stage.discord.gateway.close(1006)
            await stage.until_shown(server.channel, "SNOW", "1 redeemed")
            await stage.discord.gateway.wait_for(resumes=1)
            assert await stage.host.stop(process) == 0
        text = stage.host.log_text()
        key = stage.world.games["wos"].key
        secrets = [stage.discord.token, captcha.text, key, *stage.discord.interactions.by_token]
        assert not [secret for secret in secrets if secret in text]
        assert not [one for one in stage.discord.gateway.kept() if one.identity.session in text]
        assert "Traceback" not in text
