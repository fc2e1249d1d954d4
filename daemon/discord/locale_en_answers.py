"""English: what commands answer. Part of `locale_en.TEXTS`' language; see there."""

ANSWERS: dict[str, str] = {
    # -- any command --------------------------------------------------------------------------------
    "command.changed": (
        "This command has changed, and your Discord still shows it as it was. "
        "Reload Discord (Ctrl-R; on a telephone close it), then try again."
    ),
    "allowed.guild": "This is about one server: use it in a channel there, not in a direct message.",
    "allowed.admins": (
        "Only this server's admins may do that: members with the permission Manage Server, "
        "or with a role that perkd was told to trust."
    ),
    "allowed.admins.direct": (
        "Only the owners of this perkd may do that in a direct message. Admins use it in a channel of their "
        "server."
    ),
    "allowed.owners": "Only the owners of this perkd may do that.",
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
    "codes.add.often": (
        "You have added {most} codes in ten minutes, and each is posted to every server: try again in "
        "{minutes} min."
    ),
    "codes.add.live": "{code} is there already, and live.",
    "codes.add.retrying": "{code} had ended. One player tries it again now; if it works, it is live again.",
    "codes.add.ended": "{code} has ended, and nobody can try it again now: {problem}.",
    "codes.retire.retired": (
        "Retired {code}: nobody redeems it any more. `/codes add` puts it to the test again."
    ),
    "codes.retire.ended": "{code} has ended already: {state}.",
    # -- /history -----------------------------------------------------------------------------------
    "history.nobody": "You have no players here yet: `/register` adds one.",
    "history.none": "Nothing that fits has been tried yet.",
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
    "settings.watching": "👀 Codes of {game} are read from {channel}.",
    "settings.unwatched": "No more codes are read from {channel}.",
    "settings.auto.on": "⚙️ Codes are redeemed automatically for this server's players.",
    "settings.auto.off": "⚙️ Codes are redeemed for this server's players only where a member asks for it.",
    "settings.summary.on": "🔔 Members who asked for it are mentioned when a code is done.",
    "settings.summary.off": "🔕 Nobody is mentioned when a code is done.",
    "settings.paused": (
        "⏸️ Paused: nothing is redeemed for this server's players. `/manage giftcode resume` ends it."
    ),
    "settings.resumed": "▶️ Codes are redeemed for this server's players again.",
    "settings.priority": "This server's priority is {priority}: servers with a higher one are served first.",
    "settings.lacking": (
        "In {channel} I lack the permissions {permissions}. Grant them in the channel's settings, "
        "then repeat the command. Nothing was changed."
    ),
    "settings.games.unknown": (
        "{game} is no game of this perkd: write the names with commas between. There are: {games}."
    ),
    "settings.thread": (
        "This is a thread, and codes belong in a channel: repeat the command with the option channel, or in "
        "the channel itself. Nothing was changed."
    ),
    "settings.dropped.one": "🗑️ {count} channel that was deleted is taken out of the settings.",
    "settings.dropped.other": "🗑️ {count} channels that were deleted are taken out of the settings.",
    "settings.hidden": (
        "I can't see {channel}, or it is no text or announcement channel of this server. Grant me "
        "{permissions} in the channel's settings, then repeat the command. Nothing was changed."
    ),
    "settings.unread": "⚠️ {channel} can't be read for codes: {reason}",
    "settings.intent": (
        "⚠️ No codes can be read from channels for now: Discord shows me no text of messages while my Message "
        "Content Intent is off. Ask whoever runs perkd to switch it on (Discord's Developer Portal: the "
        "application → Bot → Privileged Gateway Intents) and to restart perkd."
    ),
    "settings.trouble": "⚠️ {channel} {since}: {reason}",
    # -- a guild's status ---------------------------------------------------------------------------
    "guild.title": "perkd on this server",
    "guild.settings": "Set up for this server",
    "guild.players": "Players",
    "guild.players.count.one": "{count} player is registered.",
    "guild.players.count.other": "{count} players are registered.",
    "guild.codes": "Live codes",
    "guild.codes.none": "No code is live at the moment for a game that somebody here plays.",
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
        "{owed} owed · {redeemed} redeemed · {already} already · {failed} failed, {retrying} of them "
        "tried again later"
    ),
    "status.posts.one": "{count} message is still to be posted",
    "status.posts.other": "{count} messages are still to be posted",
    "status.games": "Calls",
    "status.game": (
        "**{game}** {used} of {limit} calls in {period:g} s · {in_flight} in flight · {waiting} waiting"
    ),
    "status.sources": "Sources",
    "status.storage": "Storage",
    "status.discord": "Discord",
    "status.checks.one": "{count} check",
    "status.checks.other": "{count} checks",
    "status.errors.one": "the last attempt failed",
    "status.errors.other": "{count} attempts in a row failed",
    "status.lag.one": "lacks {count} batch",
    "status.lag.other": "lacks {count} batches",
    "status.discord.guilds.one": "{count} server",
    "status.discord.guilds.other": "{count} servers",
    "status.discord.troubles.one": "{count} channel in trouble",
    "status.discord.troubles.other": "{count} channels in trouble",
    "status.vip.sessions.one": "{count} session",
    "status.vip.sessions.other": "{count} sessions",
    "status.vip": "VIP threads",
    "status.vip.none": "none are open",
    "status.vip.unknown": "it is not known how many sessions there are",
    "status.tree": "Supervision tree · page {page} of {pages}",
    "status.refresh": "Refresh",
    "status.back": "Back",
    "status.next": "Next",
    # -- /register, /unregister, /players -----------------------------------------------------------
    "player.state": " · state {state}",
    "register.new": "✅ Registered {player}. {what}",
    "register.auto": "Live codes are redeemed for it, and those to come.",
    "register.by_hand": "Here codes are redeemed for it when you ask for one: `/redeem`, or **{redeem}**.",
    "register.paused": "Redeeming is paused on this server; codes wait until an admin resumes it.",
    "register.updated": "✅ Corrected {player}.",
    "register.unchanged": "✅ {player} is registered so already.",
    "register.mention.on": "🔔 You are mentioned when a code is done for it.",
    "register.mention.noted": (
        "🔔 Your wish to be mentioned is noted. On this server nobody is mentioned: its admins switched that "
        "off."
    ),
    "register.mention.off": "🔕 You are not mentioned for it any more.",
    "register.unchecked": "⚠️ Whether the game knows this player could not be checked now: {reason}.",
    "register.silent": "it did not answer in time",
    "unregister.gone": "Unregistered {player}: no more codes are redeemed for it.",
    "unregister.stays": (
        "Unregistered {player}. Somebody else has registered it too, so codes are still redeemed for it."
    ),
    "players.none.mine": "You have registered no players here: `/register` adds one.",
    "players.none.all": "Nobody has registered a player on this server yet.",
    "players.mine.one": "{count} player of yours",
    "players.mine.other": "{count} players of yours",
    "players.all.one": "{count} player of this server",
    "players.all.other": "{count} players of this server",
    # -- /redeem ------------------------------------------------------------------------------------
    "redeem.other_game": "{code} is a code of {game}, which this player does not play.",
    "redeem.asked": "{code} ({game}):",
    "redeem.wished": "⏳ {player}: it is on its way; `/history` shows how it ends",
    "redeem.pending": "⏳ {player}: it is on its way already",
    "redeem.waiting": "⏸️ {player}: noted; it waits, since redeeming is paused on the server",
    "redeem.again": "🔁 {player}: it is tried again; last time {reason}",
    "redeem.has_it": "☑️ {player} has it already",
    # -- /perkd players import ----------------------------------------------------------------------
    "import.done": "Imported: {added} new, {updated} changed, {unchanged} as they were.",
    "import.ignored": "Columns that perkd has no use for: {columns}.",
    "import.faults.one": "{count} line was left out:",
    "import.faults.other": "{count} lines were left out:",
    "import.fault": "• line {line}: {value}: {reason}",
    # -- /manage audit ------------------------------------------------------------------------------
    "audit.none": "Nothing has been changed by admins yet.",
    "audit.none.direct": "Nothing has been changed yet, but on servers: `/manage audit` shows that there.",
    "audit.title": "Changes, the newest first",
    "audit.title.direct": "Changes in direct messages and on the page, the newest first",
    "audit.erased": "somebody who was erased",
    # -- /forget ------------------------------------------------------------------------------------
    "forget.nothing": "perkd knows nothing of you.",
    "forget.head": "This is what perkd knows of you, on all servers:",
    "forget.tail": (
        "**Erase it all** takes it away for good. Players that nobody else registered are not redeemed for "
        "any more."
    ),
    "forget.confirm": "Erase it all",
    "forget.done": "Erased:",
    "forget.players.one": "{count} player that only you registered, with its history:",
    "forget.players.other": "{count} players that only you registered, with their history:",
    "forget.shared.one": (
        "{count} player that others registered too; your registration goes, the player stays:"
    ),
    "forget.shared.other": (
        "{count} players that others registered too; your registrations go, the players stay:"
    ),
    "forget.redemptions.one": "{count} redemption of these players",
    "forget.redemptions.other": "{count} redemptions of these players",
    "forget.calls.one": (
        "{count} call to a game's server (it still counts for the rate limit, without the player)"
    ),
    "forget.calls.other": (
        "{count} calls to the games' servers (they still count for the rate limit, without the players)"
    ),
    "forget.wishes.one": "{count} code that was asked for by hand",
    "forget.wishes.other": "{count} codes that were asked for by hand",
    "forget.channels.one": "{count} channel that you set up (it stays, your name goes)",
    "forget.channels.other": "{count} channels that you set up (they stay, your name goes)",
    "forget.mentions.one": "{count} note that you were mentioned when a code was done (it stays, you go)",
    "forget.mentions.other": "{count} notes that you were mentioned when codes were done (they stay, you go)",
    "forget.sessions.one": "{count} VIP session that is open (it ends)",
    "forget.sessions.other": "{count} VIP sessions that are open (they end)",
    "forget.closed.one": "{count} VIP session of earlier days",
    "forget.closed.other": "{count} VIP sessions of earlier days",
    "forget.crossings.one": "the number of {count} message of these sessions",
    "forget.crossings.other": "the numbers of {count} messages of these sessions",
    "forget.ended.one": "{count} VIP record of somebody else that names you as staff (it stays, you go)",
    "forget.ended.other": "{count} VIP records of others that name you as staff (they stay, you go)",
    "forget.ending.one": (
        "{count} VIP session is still being ended; what is stored of it is erased when that is done"
    ),
    "forget.ending.other": (
        "{count} VIP sessions are still being ended; what is stored of them is erased when that is done"
    ),
    "forget.blocks.one": (
        "{count} server has blocked you from VIP sessions. That stays stored, or it would not hold: ask its "
        "staff"
    ),
    "forget.blocks.other": (
        "{count} servers have blocked you from VIP sessions. That stays stored, or it would not hold: ask "
        "their staff"
    ),
    "forget.audits.one": "{count} entry in an audit log (it stays, your name goes)",
    "forget.audits.other": "{count} entries in audit logs (they stay, your name goes)",
}
