"""What the session pool says in the log."""

import logging

from actors.giftcodes.circuit import NO_END, Fault
from actors.giftcodes.counted import counted
from actors.giftcodes.model import Circuit, PlayerKey

logger = logging.getLogger("actors.giftcodes.session_pool")


def paused(record: Circuit, fault: Fault | None, now: float) -> None:
    """A game is paused; where that needs a person, say what to look at."""
    if fault is Fault.ORDERED:
        _paused_by_order(record, now)
        return
    seconds = max(0.0, record.until - now)
    fields = {
        "game": record.game,
        "reason": record.reason,
        "seconds": round(seconds, 1),
        "failures": record.failures,
    }
    if fault is Fault.SYSTEM:
        logger.error(
            "⏸️ %s paused for %.0f s: %s. The game's API refuses perkd itself: the sign key is wrong, "
            "this address is blocked, or the endpoint is gone. Check sign key, base_url, origin and protocol "
            "of [games.%s]; one call tries again after the pause",
            record.game,
            seconds,
            record.reason,
            record.game,
            extra=fields,
        )
        return
    logger.warning("⏸️ %s paused for %.0f s: %s", record.game, seconds, record.reason, extra=fields)


def _paused_by_order(record: Circuit, now: float) -> None:
    """A person did that, and knows why."""
    ending = record.until < NO_END
    until = f"for {max(0.0, record.until - now):.0f} s" if ending else "until it is resumed"
    fields = {"game": record.game, "reason": record.reason}
    logger.warning("⏸️ %s paused %s, as ordered", record.game, until, extra=fields)


def resumed(game: str, *, early: bool = False) -> None:
    """Calls go through again; `early`: one that had left before the pause was answered in it."""
    text = "▶️ %s resumed early: another call got through" if early else "▶️ %s resumed"
    logger.info(text, game, extra={"game": game})


def limited(record: Circuit) -> None:
    """The server told a limit other than the one that was known."""
    told = "as configured" if record.limit is None else f"{counted(record.limit, 'request')} per window"
    logger.info("%s: its server allows %s", record.game, told, extra={"game": record.game})


def not_loaded(error: Exception, *, again: bool = False) -> None:
    """The store is away, and without it nobody knows how much of the windows is spent."""
    logger.log(
        logging.DEBUG if again else logging.WARNING,
        "No slot is granted before the last calls have been read from the store: %s",
        error,
    )


def loaded() -> None:
    """It is back."""
    logger.info("The last calls have been read from the store: slots are granted")


def overdue(holder: str, player: PlayerKey, seconds: float) -> None:
    """A slot was not released for far longer than a call can take."""
    logger.error(
        "%s holds its slot for %s since %.0f s and has not released it; it stays held while the holder lives",
        holder,
        player,
        seconds,
        extra={"holder": holder, "game": player.game, "fid": player.fid, "seconds": round(seconds, 1)},
    )
