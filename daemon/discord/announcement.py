"""The message about a code, as a guild sees it: the code, whom it is redeemed for, how far that is. Pure.

Equal announcements look the same, in every guild: a message is edited only when something on it has changed.
"""

from collections import Counter

from actors.giftcodes.model import Code, CodeState
from actors.ports import Announcement, Progress
from daemon.discord.custom_ids import redeem_id, register_id
from daemon.discord.locale import DEFAULT, say, say_count
from daemon.discord.text import code_block, label, moment, plain
from daemon.discord.values import Button, Card, Field, Style
from daemon.discord.words import game_name, reason, source_name
from daemon.service.codes import SOURCE as BY_HAND

GOLD, BLUE, GREEN, ORANGE, GREY = 0xF1C40F, 0x5865F2, 0x2ECC71, 0xE67E22, 0x80848E
REASONS = 8
"""Reasons that are listed each; the rarer ones are put together."""

_BAR = 16
"""Signs of the bar."""
_LONGEST_REWARDS = 900
_LONGEST_SOURCE = 200


def announcement_card(announcement: Announcement, locale: str = DEFAULT) -> tuple[Card, tuple[Button, ...]]:
    """The card and its buttons, within Discord's limits whatever the code's source wrote."""
    code, progress = announcement.code, announcement.progress or Progress()
    game = game_name(code.game, locale)
    card = Card(
        title=say(f"code.title.{_stage(code, progress)}", locale, game=game),
        text=f"{code_block(code.code)}\n{_for_whom(announcement, locale)}",
        fields=tuple(_facts(code, locale) + _results(progress, locale)),
        colour=_colour(code, progress, paused=announcement.paused),
        footer=_source(code, locale),
    )
    return card, announcement_buttons(code, locale)


def announcement_buttons(code: Code, locale: str = DEFAULT) -> tuple[Button, ...]:
    """*Redeem for me* and *Register*; they can't be pressed once the code has ended."""
    ended = code.state is not CodeState.LIVE
    return (
        Button(redeem_id(code), say("button.redeem", locale), Style.SUCCESS, disabled=ended),
        Button(register_id(code.game), say("button.register", locale), Style.SECONDARY, disabled=ended),
    )


def _stage(code: Code, progress: Progress) -> str:
    if code.state is not CodeState.LIVE:
        return code.state.value
    return "done" if progress.total and progress.done else "live"


def _colour(code: Code, progress: Progress, *, paused: bool) -> int:
    if code.state is not CodeState.LIVE:
        return GREY
    if not progress.total:
        return GOLD
    if not progress.done:
        return GOLD if paused else BLUE
    return ORANGE if progress.failed else GREEN


def _for_whom(announcement: Announcement, locale: str) -> str:
    code, progress = announcement.code, announcement.progress
    if progress is None:
        return say("code.counting", locale) if code.state is CodeState.LIVE else ""
    have, total = progress.redeemed + progress.already, progress.total
    if code.state is not CodeState.LIVE:
        return say_count("code.over", total, locale, have=have) if total else ""
    if total and progress.done:
        return say_count("code.done", total, locale, have=have)
    if announcement.paused:
        return say_count("code.held", total, locale, have=have) if total else say("code.paused", locale)
    if total:
        return say_count("code.for", total, locale)
    return _for_nobody(announcement, progress, locale)


def _for_nobody(announcement: Announcement, progress: Progress, locale: str) -> str:
    redeem = say("button.redeem", locale)
    if not announcement.auto_redeem:
        return say("code.waits", locale, redeem=redeem)
    game = game_name(announcement.code.game, locale)
    if progress.on_request:
        return say("code.on_request", locale, game=game, redeem=redeem)
    return say("code.nobody", locale, game=game, register=say("button.register", locale))


def _facts(code: Code, locale: str) -> list[Field]:
    facts = []
    if rewards := plain(code.rewards, _LONGEST_REWARDS):
        facts.append(Field(say("code.rewards", locale), rewards))
    name, at = ("expires", code.expires) if code.state is CodeState.LIVE else ("ended", code.ended_at)
    if relative := moment(at):
        value = say("code.when", locale, relative=relative, absolute=moment(at, "f"))
        facts.append(Field(say(f"code.{name}", locale), value))
    return facts


def _results(progress: Progress, locale: str) -> list[Field]:
    if not progress.total:
        return []
    counts = {
        "redeemed": progress.redeemed,
        "already": progress.already,
        "waiting": progress.waiting,
        "retrying": progress.retrying,
        "failed": sum(count for _, count in progress.failed),
    }
    said = [say(f"progress.{name}", locale, count=count) for name, count in counts.items() if count > 0]
    bar = f"`{_bar(progress.processed, progress.total)}` **{progress.processed}/{progress.total}**"
    fields = [Field(say("code.progress", locale), "\n".join([bar, " · ".join(said)]))]
    if progress.failed:
        fields.append(Field(say("code.failed.title", locale), failures(progress, locale)))
    return fields


def _bar(processed: int, total: int) -> str:
    """Full only when all is done, empty only while nothing is."""
    filled = processed * _BAR // total
    if 0 < processed < total:
        filled = min(max(filled, 1), _BAR - 1)
    filled = min(max(filled, 0), _BAR)
    return "█" * filled + "░" * (_BAR - filled)


def failures(progress: Progress, locale: str = DEFAULT) -> str:
    """The failures grouped by their reason in members' words, the most frequent first."""
    groups: Counter[str] = Counter()
    for status, count in progress.failed:
        groups[reason(status, locale)] += count
    ranked = groups.most_common()
    if len(ranked) <= REASONS:
        shown, rest = ranked, 0
    else:
        shown, rest = ranked[: REASONS - 1], sum(count for _, count in ranked[REASONS - 1 :])
    lines = [say("progress.reason", locale, count=count, reason=words) for words, count in shown]
    if rest:
        lines.append(say_count("progress.reasons.more", rest, locale))
    return "\n".join(lines)


def _source(code: Code, locale: str) -> str:
    if code.source == BY_HAND:
        return say("code.source.manual", locale)
    source = label(source_name(code.source, locale), _LONGEST_SOURCE)
    return say("code.source", locale, source=source) if source else ""
