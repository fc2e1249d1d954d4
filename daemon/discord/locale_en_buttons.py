"""English: what buttons, modals and failed answers say. Part of `locale_en.TEXTS`' language; see there."""

BUTTONS: dict[str, str] = {
    # -- any answer -----------------------------------------------------------------------------------
    "answer.store_away": (
        "I can't reach my records right now. Please try again in a minute; asking twice does no harm."
    ),
    "answer.discord_away": "Discord did not let me do that right now. Please try again in a minute.",
    "answer.too_slow": (
        "That takes too long right now. Please try again in a minute; asking twice does no harm."
    ),
    "answer.failed": (
        "That failed inside perkd. It is in the log; if it happens again, tell whoever runs perkd."
    ),
    "button.outdated": "This button is of another version of perkd, and does nothing any more.",
    # -- *Redeem for me* ------------------------------------------------------------------------------
    "redeem.gone": "perkd does not know this code any more.",
    "redeem.ended": "{code} can't be redeemed any more: {state}.",
    "redeem.nobody": ("You have no player of {game} yet. Press **{register}**, then **{redeem}** once more."),
    # -- *Register* -----------------------------------------------------------------------------------
    "register.no_game": "Codes of {game} are not redeemed any more.",
    "register.title": "Your player in {game}",
    "register.fid": "Player ID (fid)",
    "register.fid.example": "The number on the profile page, such as 184203771",
    "register.state": "State or kingdom number",
    "register.state.example": "Such as 1187",
    # -- captchas -------------------------------------------------------------------------------------
    "captcha.asked": (
        "🔤 Captcha for {about}: press **{answer}** and type the text on the picture. It ends {until}."
    ),
    "captcha.answered": "✅ Captcha for {about}: answered by {member}.",
    "captcha.expired": "⌛ Captcha for {about}: nobody answered within {seconds} s. perkd goes on without.",
    "captcha.player": "{player} (ID {fid}, {game})",
    "captcha.answer": "Answer",
    "captcha.title": "Captcha",
    "captcha.text": "The text on the picture",
    "captcha.over": "⌛ This captcha is over: nobody waits for it any more.",
    "captcha.late": (
        "That came too late: perkd has gone on without it. If it is needed, there will be a new captcha."
    ),
    "captcha.empty": "There was nothing in it. Press **{answer}** again and type the text on the picture.",
    "captcha.second": "{member} was faster. Thank you all the same!",
}
