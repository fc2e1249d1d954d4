"""What may be ordered on the page, by whom, and what stays of it."""

from pathlib import Path

from actors.giftcodes.model import Audit
from actors.ports import Put
from tests.worlds.page import TOKEN, log_in, showing

MAY_ACT = "document.documentElement.hasAttribute('data-may-act')"


def text_of(selector: str) -> str:
    return f"document.querySelector('{selector}')?.innerText"


async def test_a_wrong_token_is_refused_and_the_right_one_opens_the_actions_until_log_out(
    tmp_path: Path,
) -> None:
    async with showing(tmp_path, token=TOKEN) as shown:
        tab = shown.tab
        assert await tab.run(MAY_ACT) is False
        await tab.click("#login")
        await tab.until("document.querySelector('#token')")
        await tab.type("#token", "not the token")
        before = tab.loaded
        await tab.press("Enter")
        await tab.until_loaded(before)
        assert "That is not the token." in await tab.run("document.body.innerText")
        assert await tab.run("document.cookie") == ""
        await log_in(shown)
        assert await tab.run("document.cookie") == ""  # scripts can't read it
        assert await tab.run("getComputedStyle(document.querySelector('.action')).display") != "none"
        before = tab.loaded
        await tab.click("#logout button")
        await tab.until_loaded(before)
        await tab.until("document.querySelector('[data-path]')")
        assert await tab.run(MAY_ACT) is False
        assert [fault for fault in tab.faults if "403" not in fault] == []


async def test_a_game_is_paused_and_resumed_and_both_are_in_the_audit_log(tmp_path: Path) -> None:
    async with showing(tmp_path, token=TOKEN) as shown:
        tab = shown.tab
        await log_in(shown)
        await tab.until("document.querySelector('[data-game=wos] [aria-label=\"Pause wos\"]')")
        await tab.click('[aria-label="Pause wos"]')
        await tab.until("document.querySelector('dialog').open")
        await tab.run("document.querySelector('#length').value = '3600'")
        await tab.click("dialog .main")
        await tab.until(f"{text_of('#rate')}.includes('paused by operator, for 59 min')")
        await tab.until(f"{text_of('#problems')}.includes('paused by an operator')")
        await tab.until(f"{text_of('#audit')}.includes('games pause')")
        await tab.click('[aria-label="Resume wos"]')
        await tab.click("dialog .main")
        await tab.until(f"{text_of('#rate')}.includes('open')")
        await tab.until(f"{text_of('#audit')}.includes('games resume')")
        audits = await shown.made.store.find(Audit)
        assert {(one.guild, one.member, one.action) for one in audits} == {
            ("", "web", "games pause"),
            ("", "web", "games resume"),
        }
        assert tab.faults == []


async def test_what_two_guilds_ordered_in_the_same_second_are_two_entries(tmp_path: Path) -> None:
    async with showing(tmp_path, token=TOKEN) as shown:
        tab = shown.tab
        entries = [Audit(guild, 1.0, guild, "5", "pause", "running → paused") for guild in ("77", "88")]
        await shown.made.store.commit(*map(Put, entries))
        await log_in(shown)
        await tab.until(f"{text_of('#audit')}.includes('in guild 77')")
        assert await tab.run(f"{text_of('#audit')}.includes('in guild 88')") is True


async def test_an_actor_is_restarted_and_a_code_is_retired(tmp_path: Path) -> None:
    async with showing(tmp_path, token=TOKEN) as shown:
        tab = shown.tab
        await log_in(shown)
        await tab.until("document.querySelector('[data-code=\"wos/SNOW\"]')")
        await tab.click('[aria-label="Restart perkd/giftcodes/campaign"]')
        await tab.click("dialog .main")
        await tab.until(f"{text_of('#audit')}.includes('actors restart')")
        await tab.until(f"{text_of('#events')}.includes('stopped')")
        await tab.click('[aria-label="Retire SNOW"]')
        await tab.click("dialog .main")
        await tab.until(f"{text_of('#codes')}.includes('retired')")
        assert await tab.run("document.querySelector('[aria-label=\"Restart perkd/status/web\"]')") is None
        assert [fault for fault in tab.faults if "400" not in fault] == []


async def test_a_game_that_was_not_called_yet_can_be_paused_too(tmp_path: Path) -> None:
    async with showing(tmp_path, players=[], token=TOKEN) as shown:
        tab = shown.tab
        await log_in(shown)
        await tab.until(f"{text_of('#rate')}.includes('not called yet')")
        await tab.click('[aria-label="Pause wos"]')
        await tab.click("dialog .main")
        await tab.until(f"{text_of('#rate')}.includes('paused by operator')")
        assert tab.faults == []
