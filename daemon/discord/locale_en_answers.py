"""English: what commands answer. Part of `locale_en.TEXTS`' language; see there."""

ANSWERS: dict[str, str] = {
    # -- lists --------------------------------------------------------------------------------------
    "list.more": "… and {count} more",
    "list.more.file": "… and {count} more: all are in the file",
    # -- /codes -------------------------------------------------------------------------------------
    "codes.none": "There are no codes yet.",
    "codes.none.such": "There are no such codes.",
    "codes.title.one": "{count} code, {live} live",
    "codes.title.other": "{count} codes, {live} live",
    "codes.found": "found {when}",
    "codes.expires": "expires {when}",
    "codes.add.added": "Added {code}. It is posted and redeemed from now on.",
    "codes.add.live": "{code} is there already, and live.",
    "codes.add.retrying": "{code} had ended. One player tries it again now; if it works, it is live again.",
    "codes.add.ended": "{code} has ended, and nobody can try it again now: {problem}.",
    "codes.retire.retired": (
        "Retired {code}: nobody redeems it any more. `/codes add` puts it to the test again."
    ),
    "codes.retire.ended": "{code} has ended already: {state}.",
    # -- /history -----------------------------------------------------------------------------------
    "history.nobody": "You have no players here yet: `/register` adds one.",
    "history.none": "Nothing has been tried yet that fits.",
    "history.title": "Redemptions",
    "history.title.newest": "The newest {count} redemptions",
    "history.redeemed": "redeemed",
    "history.already": "had it already",
    "history.failed": "failed: {reason}",
    "history.failed.again": "failed: {reason}; tried again later",
    "history.pending": "on its way",
    "history.pending.after": "on its way, after: {reason}",
    # -- /manage giftcode ---------------------------------------------------------------------------
    "settings.all": "all games",
    "settings.channel": "📣 Codes of {games} are posted to {channel}.",
    "settings.channel.none": "📣 Codes are posted nowhere yet: `/manage giftcode setchannel`.",
    "settings.channel.set": (
        "Codes of {games} are posted to {channel}, those that appear from now on. "
        "`/codes list` shows the earlier ones."
    ),
    "settings.channel.removed": "No more codes are posted to {channel}.",
    "settings.watched": "👀 Codes of {game} are read from {channel}, from messages that come from now on.",
    "settings.unwatched": "No more codes are read from {channel}.",
    "settings.auto.on": "⚙️ Codes are redeemed unasked for this server's players.",
    "settings.auto.off": "⚙️ Codes are redeemed for this server's players only where a member asks for it.",
    "settings.summary.on": "🔔 Members who asked for it are mentioned when a code is done.",
    "settings.summary.off": "🔕 Nobody is mentioned when a code is done.",
    "settings.paused": "⏸️ Paused: nothing is redeemed for this server's players. `/manage giftcode resume` ends it.",
    "settings.resumed": "▶️ Codes are redeemed for this server's players again.",
    "settings.priority": "This server's priority is {priority}: servers with a higher one are served first.",
    "settings.lacking": (
        "In {channel} I lack the permissions {permissions}. Grant them in the channel's settings, "
        "then repeat the command. Nothing was changed."
    ),
    "settings.trouble": "⚠️ {channel} {since}: {reason}",
    # -- a guild's status ---------------------------------------------------------------------------
    "guild.title": "perkd on this server",
    "guild.settings": "Set up for this server",
    "guild.players": "Players",
    "guild.players.count.one": "{count} player is registered.",
    "guild.players.count.other": "{count} players are registered.",
    "guild.codes": "Live codes",
    "guild.code": "{code}: {have} of {total} have it, {failed} failed",
    "guild.troubles": "What does not work",
    "guild.health.healthy": "🟢 perkd is well.",
    "guild.health.degraded": "🟡 perkd works, but something needs its operator.",
    "guild.health.down": "🔴 perkd can't redeem codes right now; its operator can see why.",
    "guild.health.unknown": "How perkd is doing as a whole is not known right now.",
    # -- /perkd status ------------------------------------------------------------------------------
    "status.title": "perkd {version} · {health} · up {up}",
    "status.well": "Nothing is wrong.",
    "status.codes": "Gift codes",
    "status.codes.unknown": "not known: the store has not been read",
    "status.codes.numbers": (
        "{codes} live of {codes_known} known\n"
        "{owed} owed · {redeemed} redeemed · {already} already · {failed} failed · {retrying} tried again later"
    ),
    "status.games": "Calls",
    "status.game": "**{game}** {used} of {limit} calls in {period:g} s · {in_flight} in flight · {waiting} waiting",
    "status.sources": "Sources",
    "status.storage": "Storage",
    "status.discord": "Discord",
    "status.discord.troubles": "{count} channels in trouble",
    "status.vip": "VIP threads",
    "status.vip.none": "none are open",
    "status.tree": "Supervision tree · page {page} of {pages}",
    "status.refresh": "Refresh",
    "status.back": "Back",
    "status.next": "Next",
}
