import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.giftcodes.model import Code, CodeState, Status
from actors.ports import Announcement, Progress
from daemon.discord.announcement import announcement_buttons, announcement_card, failures
from daemon.discord.custom_ids import RegisterPress, parsed
from daemon.discord.render import FIELD_VALUE, TEXT, TITLE, TOGETHER, message_of
from daemon.discord.text import units
from daemon.discord.values import Reply

CODE = Code("wos", "SNOW2026", source="kingshot.net", rewards="1,000 gems", expires=1_800_000_000.0)
HALF = Progress(total=12, redeemed=4, already=1, waiting=5, retrying=1, failed=((Status.WRONG_STATE, 1),))
DONE = Progress(total=12, redeemed=8, already=1, failed=((Status.WRONG_STATE, 2), (Status.LEVEL_TOO_LOW, 1)))
NOBODY = Progress()


def card(progress=NOBODY, code=CODE, *, auto_redeem=True, paused=False):
    return announcement_card(Announcement(code, progress, auto_redeem, paused))[0]


def field(card, name):
    return next((one.value for one in card.fields if one.name == name), None)


def test_the_code_can_be_copied():
    assert card().text.startswith("```\nSNOW2026\n```")


def test_game_rewards_expiry_and_source_are_told_when_they_are_known():
    shown = card()
    assert shown.title == "🎁 New gift code for Whiteout Survival"
    assert field(shown, "Rewards") == "1,000 gems"
    assert field(shown, "Expires") == "<t:1800000000:R> (<t:1800000000:f>)"
    assert shown.footer == "Source: kingshot.net"


def test_what_is_not_known_is_left_out():
    shown = card(code=Code("wos", "SNOW"))
    assert shown.fields == ()
    assert shown.footer == ""


def test_a_code_that_a_person_added_says_so():
    assert card(code=evolve(CODE, source="manual")).footer == "Added by hand"


def test_a_code_from_a_watched_channel_does_not_name_it_which_may_be_another_servers():
    assert card(code=evolve(CODE, source="discord:1441367893205975183")).footer == (
        "Source: an announcement channel"
    )


@pytest.mark.parametrize("expires", [1e300, float("nan"), float("inf")])
def test_an_expiry_beyond_the_calendar_is_left_out(expires):
    assert field(card(code=evolve(CODE, expires=expires)), "Expires") is None


def test_an_ended_code_says_since_when_and_no_longer_until_when():
    shown = card(code=evolve(CODE, state=CodeState.EXPIRED, ended_at=1_700_000_000.0))
    assert field(shown, "Expires") is None
    assert field(shown, "Ended") == "<t:1700000000:R> (<t:1700000000:f>)"


def test_it_says_whom_the_code_is_redeemed_for():
    assert "for 12 players of this server" in card(HALF).text
    assert "Nobody on this server is registered" in card().text
    assert "press **Register**" in card().text
    assert "whoever presses **Redeem for me**" in card(auto_redeem=False).text


def test_who_gets_codes_on_request_only_is_not_told_that_nobody_is_registered():
    shown = card(Progress(on_request=True))
    assert "Nobody registered here for Whiteout Survival gets codes unasked" in shown.text
    assert "whoever presses **Redeem for me**" in shown.text
    assert "press **Register**" not in shown.text


def test_a_server_that_is_paused_says_so_and_not_that_it_is_done():
    shown = card(Progress(total=10, redeemed=3, waiting=7), paused=True)
    assert shown.title == "🎁 New gift code for Whiteout Survival"
    assert shown.text.endswith("⏸️ Redeeming is paused on this server: 3 of 10 players have it.")
    assert field(shown, "Progress").startswith("`████░░░░░░░░░░░░` **3/10**")
    for nobody in (NOBODY, Progress(on_request=True)):
        assert card(nobody, paused=True).text.endswith("⏸️ Redeeming is paused on this server.")
    assert "Done: 3 of 3" in card(Progress(total=3, redeemed=3), paused=True).text
    ended = card(DONE, evolve(CODE, state=CodeState.EXPIRED), paused=True)
    assert "paused" not in ended.text


def test_the_progress_is_shown_in_numbers_and_as_a_bar():
    bar, numbers = field(card(HALF), "Progress").split("\n")
    assert bar == "`████████░░░░░░░░` **6/12**"
    assert (
        numbers == "✅ 4 redeemed · ☑️ 1 had it already · ⏳ 5 waiting · 🔁 1 tried again later · ❌ 1 failed"
    )


@pytest.mark.parametrize(("redeemed", "bar"), [(0, "░" * 16), (1, "█" + "░" * 15), (999, "█" * 15 + "░")])
def test_the_bar_is_full_only_when_all_is_done_and_empty_only_while_nothing_is(redeemed, bar):
    progress = Progress(total=1000, redeemed=redeemed, waiting=1000 - redeemed)
    assert bar in field(card(progress), "Progress")


def test_the_summary_groups_failures_by_reason_in_members_words():
    shown = card(DONE)
    assert shown.title == "🎁 Gift code for Whiteout Survival"
    assert "Done: 9 of 12 players have it." in shown.text
    assert field(shown, "Not redeemed") == (
        "**2** – wrong state number or player ID: correct them with `/register`\n"
        "**1** – the player's level is too low"
    )


def test_rare_reasons_are_put_together_so_that_the_list_fits():
    progress = Progress(
        total=30, failed=tuple((f"UNKNOWN_STATUS_{number} {'x' * 80}", 1) for number in range(30))
    )
    lines = failures(progress).split("\n")
    assert len(lines) == 8
    assert lines[-1] == "**23** – for other reasons"
    assert len(failures(progress)) <= FIELD_VALUE


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (CodeState.EXPIRED, "has expired"),
        (CodeState.USED_UP, "is used up"),
        (CodeState.RETIRED, "was withdrawn"),
        (CodeState.INVALID, "does not exist"),
    ],
)
def test_an_ended_code_says_why_and_its_buttons_are_off(state, title):
    code = evolve(CODE, state=state)
    shown, buttons = announcement_card(Announcement(code, DONE))
    assert title in shown.title
    assert "9 of 12 players of this server got it." in shown.text
    assert all(button.disabled for button in buttons)
    assert [button.id for button in buttons] == [button.id for button in announcement_buttons(CODE)]


def test_the_buttons_say_which_code_and_activation_they_are_for():
    redeem, register = announcement_buttons(evolve(CODE, activation=3))
    assert (redeem.label, register.label) == ("Redeem for me", "Register")
    assert redeem.id == "gc:redeem:v1:wos:SNOW2026:3"
    assert parsed(register.id) == RegisterPress("wos")
    assert not redeem.disabled


def test_while_the_progress_is_not_known_nobody_is_said_to_be_registered():
    shown, _ = announcement_card(Announcement(CODE, None))
    assert "Looking up this server's players" in shown.text
    assert "Nobody" not in shown.text
    ended, _ = announcement_card(Announcement(evolve(CODE, state=CodeState.EXPIRED), None))
    assert ended.text.strip().endswith("```")


# --- whatever comes ------------------------------------------------------------------------------

hard = st.one_of(
    st.text(max_size=60),
    st.text(max_size=20).map(lambda text: text * 60),
    st.sampled_from(
        ["@everyone " * 100, "*" * 1000, "```" * 400, "<:smile:123456789012345678>" * 50, "😀" * 1000]
    ),
)
counts = st.integers(0, 10**6)
progresses = st.builds(
    Progress,
    total=counts,
    redeemed=counts,
    already=counts,
    waiting=counts,
    retrying=counts,
    failed=st.lists(st.tuples(hard, counts), max_size=40).map(tuple),
)
codes = st.builds(
    Code,
    game=st.sampled_from(["wos", "ks", "a_game", "x" * 64]),
    code=hard,
    state=st.sampled_from(CodeState),
    source=hard,
    rewards=hard,
    expires=st.none() | st.floats(),
    activation=st.integers(1, 10**6),
)


@settings(max_examples=150)
@given(codes, progresses, st.booleans(), st.booleans())
@example(Code("wos", "x" * 1000, rewards="y" * 1000, source="z" * 1000), NOBODY, True, False)
def test_no_code_reward_source_or_reason_breaks_a_limit_or_pings(code, progress, auto_redeem, paused):
    shown, buttons = announcement_card(Announcement(code, progress, auto_redeem, paused))
    texts = [shown.title, shown.text, shown.footer, *(one.value for one in shown.fields)]
    assert "@everyone" not in "".join(texts[:2] + texts[3:])
    assert units(shown.title) <= TITLE
    assert units(shown.text) <= TEXT
    assert sum(map(units, texts)) <= TOGETHER
    assert all(0 < units(one.value) <= FIELD_VALUE for one in shown.fields)
    assert all(len(button.id) <= 100 for button in buttons)
    # Nothing was left for the last step to cut.
    (embed,) = message_of(Reply(cards=(shown,), buttons=buttons))["embeds"]
    assert embed.description == shown.text.strip()
    assert [one.value for one in embed.fields] == [one.value for one in shown.fields]
