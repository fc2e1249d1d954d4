"""The buttons on an announcement (*Redeem for me*, *Register* with its modal), and those of some answers."""

from functools import partial

import trio

from actors.giftcodes.model import Code, CodeKey, CodeState
from daemon.discord.answering import Manner
from daemon.discord.answers import erasing, players, redeeming, status, vip
from daemon.discord.answers.desk import Desk
from daemon.discord.components import Components, Pressed
from daemon.discord.custom_ids import (
    ForgetPress,
    RedeemPress,
    RegisterPress,
    StatusPress,
    VIPOpenPress,
    register_id,
)
from daemon.discord.locale import say
from daemon.discord.text import code_span
from daemon.discord.values import Button, Modal, Reply, Style, TextInput
from daemon.discord.words import game_label, game_name, state_word
from daemon.service.members import list_mine
from daemon.service.values import MAX_FID_DIGITS

FID, STATE = "fid", "state"
"""The ids of the modal's lines."""
_SPARE = 10
"""Characters that may come along when a number is pasted."""


def add_buttons(components: Components, desk: Desk) -> None:
    """Have these buttons answered."""
    components.on_button(RedeemPress, partial(redeem, desk))
    components.on_button(RegisterPress, partial(open_form, desk), Manner.AT_ONCE)
    components.on_modal(RegisterPress, partial(register, desk))
    components.on_button(StatusPress, partial(turn, desk), Manner.UPDATE)
    components.on_button(ForgetPress, partial(forget, desk), Manner.UPDATE)
    components.on_button(VIPOpenPress, partial(vip.open_thread, desk))


async def redeem(desk: Desk, pressed: Pressed) -> Reply:
    """Ask for the code for all of the member's players of its game; who has none is shown how to register."""
    caller = pressed.caller
    code = await _code_of(desk, pressed)
    if code is None:
        return Reply(say("redeem.gone", caller.locale))
    if code.state is not CodeState.LIVE:
        state = state_word(code.state, caller.locale)
        return Reply(say("redeem.ended", caller.locale, code=code_span(code.code), state=state))
    mine = await list_mine(desk.service, member=caller.member)  # wherever that was, as `/redeem` takes them
    if not any(one.player.game == code.game for one in mine):
        return _nobody(code.game, caller.locale)
    return await redeeming.redeem(desk, caller, code=code.key)


async def open_form(desk: Desk, pressed: Pressed) -> Modal | Reply:
    """The form to register a player with. It opens at once, so nothing is asked of the store."""
    await trio.lowlevel.checkpoint()
    locale = pressed.caller.locale
    if _game_of(pressed) not in desk.service.games():
        return Reply(say("register.no_game", locale, game=game_name(_game_of(pressed), locale)))
    return Modal(
        pressed.id,
        say("register.title", locale, game=game_label(_game_of(pressed), locale)),
        (
            TextInput(
                FID,
                say("register.fid", locale),
                say("register.fid.example", locale),
                longest=MAX_FID_DIGITS + _SPARE,
            ),
            TextInput(
                STATE,
                say("register.state", locale),
                say("register.state.example", locale),
                required=False,
                longest=10 + _SPARE,
            ),
        ),
    )


async def register(desk: Desk, pressed: Pressed) -> Reply:
    """Register the player of a form that was sent; the same as `/register`."""
    typed = pressed.inputs
    return await players.register(
        desk, pressed.caller, fid=typed.get(FID, ""), state=typed.get(STATE, ""), game=_game_of(pressed)
    )


async def turn(desk: Desk, pressed: Pressed) -> Reply:
    """Another page of the status, in the place of the one before."""
    assert isinstance(pressed.what, StatusPress)  # noqa: S101 - it is found by this
    return await status.show_status(desk, pressed.caller, pressed.what.page)


async def forget(desk: Desk, pressed: Pressed) -> Reply:
    """Erase what is known of who pressed it."""
    return await erasing.erase(desk, pressed.caller)


async def _code_of(desk: Desk, pressed: Pressed) -> Code | None:
    """The code as it is now, also where it has a new life since the button was made."""
    assert isinstance(pressed.what, RedeemPress)  # noqa: S101 - it is found by this
    if pressed.what.digest:
        return pressed.what.of(await desk.service.store.find(Code))
    return await desk.service.store.get(Code, str(CodeKey(pressed.what.game, pressed.what.code)))


def _nobody(game: str, locale: str) -> Reply:
    register, redeem_ = say("button.register", locale), say("button.redeem", locale)
    text = say("redeem.nobody", locale, game=game_name(game, locale), register=register, redeem=redeem_)
    return Reply(text, buttons=(Button(register_id(game), register, Style.SUCCESS),))


def _game_of(pressed: Pressed) -> str:
    assert isinstance(pressed.what, RegisterPress)  # noqa: S101 - it is found by this
    return pressed.what.game
