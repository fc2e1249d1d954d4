"""English: what perkd says in VIP threads and at the desk. Part of `locale_en.TEXTS`' language; see there.

These are Discord's Markdown; what is filled in is escaped. At Telegram they show the same.
"""

VIP: dict[str, str] = {
    # -- answers to the button ------------------------------------------------------------------------
    "vip.opened": "✅ Your VIP thread is open: {link}",
    "vip.already_open": (
        "You have a VIP thread already: {link}\nGo on writing there. To end it, write `!end` in it; then you "
        "can open a new one."
    ),
    "vip.already_vip": "You are a VIP already; there is nothing to upgrade.",
    "vip.blocked": "You can't open a VIP thread here. Ask the server's staff if you think that is a mistake.",
    "vip.cooling_down": "Your last VIP thread ended just now. You can open a new one in {time}.",
    "vip.time.seconds.one": "{count} second",
    "vip.time.seconds.other": "{count} seconds",
    "vip.time.minutes.one": "{count} minute",
    "vip.time.minutes.other": "{count} minutes",
    "vip.time.hours.one": "{count} hour",
    "vip.time.hours.other": "{count} hours",
    "vip.missing_permissions": (
        "I can't open a thread here, because I lack permissions: {missing}. Please tell the server's staff."
    ),
    "vip.queued": (
        "⏳ There is no free line to the desk yet. You are number {position} on the waiting list; your "
        "thread opens by itself when it is your turn."
    ),
    "vip.closing": "⏳ Your last VIP thread is still being closed. One moment …",
    "vip.closed": "Your VIP thread has just been closed. Press the button again for a new one.",
    "vip.try_again": "Discord does not answer me right now. Please try again in a minute; nothing was lost.",
    "vip.slow_down": (
        "Discord has asked me to wait for a while. Please try again in a few minutes; nothing was lost."
    ),
    "vip.not_allowed": "Discord does not let me open a thread for you here. Please tell the server's staff.",
    "vip.not_opened": (
        "Discord refuses to open a thread for you right now. Please try again later; if it goes on, tell the "
        "server's staff."
    ),
    "vip.desk_away": (
        "I can't reach the desk on Telegram right now. Please try again in a few minutes; nothing was lost."
    ),
    # -- in the thread --------------------------------------------------------------------------------
    "vip.welcome": (
        "👋 Welcome! What you write here goes to the VIP desk, and its answers come back here. A reaction on "
        "your message shows whether it has arrived. Only you and the server's staff can write to the desk.\n"
        "To end this, write `!end`."
    ),
    "vip.inactivity_warning.one": (
        "💤 Nobody has written for a while. Without a message this ends in {hours} hour."
    ),
    "vip.inactivity_warning.other": (
        "💤 Nobody has written for a while. Without a message this ends in {hours} hours."
    ),
    "vip.ended": "🔒 This VIP thread has ended: {reason}.",
    "vip.ended.again": "To talk to the desk again, press the button that you opened it with.",
    "vip.ended.undelivered.one": "⚠️ {count} message could not be delivered any more.",
    "vip.ended.undelivered.other": "⚠️ {count} messages could not be delivered any more.",
    "vip.skipped.one": "⚠️ {count} message from while perkd was away was too old to be passed on.",
    "vip.skipped.other": (
        "⚠️ {count} messages from while perkd was away were too old, or too many, to be passed on."
    ),
    "vip.account_moved": (
        "🔁 The desk is reached through another account from now on; what was written before can't be edited "
        "or deleted there any more."
    ),
    "vip.refused_command": (
        "That command is for the server's staff. To end your own thread, write `!end` in it."
    ),
    # -- why it ended ---------------------------------------------------------------------------------
    "vip.reason.owner": "its member ended it",
    "vip.reason.staff": "{staff} of the staff ended it",
    "vip.reason.cleared": "{staff} of the staff cleared it",
    "vip.reason.completed": "the upgrade is complete",
    "vip.reason.archived": "the thread was archived",
    "vip.reason.deleted": "the thread was deleted",
    "vip.reason.parent_deleted": "the thread's channel was deleted",
    "vip.reason.inaccessible": "I can't reach the thread any more",
    "vip.reason.left_thread": "its member left the thread",
    "vip.reason.left_guild": "its member left the server",
    "vip.reason.inactive": "nobody had written for too long",
    "vip.reason.unreachable": "Discord did not answer",
    "vip.reason.opening_failed": "it could not be opened",
    "vip.reason.no_permission": "I lack permissions to open it",
    "vip.reason.forgotten": "the member's data was erased",
    # -- at the desk ----------------------------------------------------------------------------------
    "vip.introduction": "🆕 **{name}** (Discord {member}) would like to upgrade to VIP.",
    "vip.introduction.moved": (
        "🔁 **{name}** (Discord {member}) goes on here: the account they wrote through is not available "
        "any more."
    ),
    # -- clearing, step by step -----------------------------------------------------------------------
    "vip.clear_nothing": "There is no live VIP session of this member. Nothing had to be cleared.",
    "vip.clear_found": "Found a session: {state}.",
    "vip.clear_undelivered.none": "Every message had been delivered.",
    "vip.clear_undelivered.one": "{count} message was not delivered, and won't be.",
    "vip.clear_undelivered.other": "{count} messages were not delivered, and won't be.",
    "vip.clear_told": "Told the member.",
    "vip.clear_thread": "Archived and locked the thread.",
    "vip.clear_thread_left": (
        "⚠️ Discord did not let me close {link}. Nothing that is written there is passed on any more; please "
        "delete it."
    ),
    "vip.clear_no_thread": "There was no thread to close.",
    "vip.clear_account": "Gave {account} back; its history is being cleared.",
    "vip.clear_empty": "Its history is verified empty: {account} is free.",
    "vip.clear_still": (
        "The history of {account} is not empty yet ({state}); until it is, nobody gets the account."
    ),
    "vip.clear_no_account": "There was no account to give back.",
    "vip.clear_done": "✅ Cleared. The member can open a new thread.",
    "vip.role_given": "Gave the member the VIP role.",
    "vip.role_failed": "⚠️ The VIP role could not be given: {reason}. Give it by hand.",
    "vip.state.waiting": "on the waiting list",
    "vip.state.opening": "opening",
    "vip.state.open": "open",
    "vip.state.ending": "ending",
    # -- a member ends its own thread by a command ----------------------------------------------------
    "vip.own.ending": "🔒 Your VIP thread is being closed …",
    "vip.own.ended": "🔒 Your VIP thread has ended.",
    "vip.own.nothing": "You have no VIP thread that could be ended.",
    # -- the panel, and answers of the commands themselves --------------------------------------------
    "vip.panel.title": "Upgrade to VIP",
    "vip.panel.text": (
        "Press the button to talk to the VIP desk. A private thread opens, which only you and the server's "
        "staff can see."
    ),
    "vip.panel.button": "Upgrade to VIP",
    "vip.panel.posted": "✅ The panel is posted in {channel}. Its button goes on working after restarts.",
    "vip.off": (
        "VIP threads are switched off. Who runs perkd switches them on: enabled = true below [vip] in its "
        "configuration file."
    ),
    "vip.elsewhere": "VIP threads belong to another server: the one of the upgrade channel.",
    "vip.no_channel": (
        "The upgrade channel {channel} is gone, or hidden from me. Please tell the server's staff: it is "
        "upgrade_channel below [vip] in perkd's configuration file."
    ),
    "vip.staff_only": "That command is for the server's VIP staff.",
    "vip.own_only": "Only VIP staff can end somebody else's thread. Your own: /vip end, without a member.",
    "vip.written_how": "Write `!clear_vip_session @member`, with the member's mention or id.",
    "vip.busy": "The VIP desk has more requests than it can take. Please try again in a minute.",
    "vip.down": "The VIP desk is not at work right now. Please try again in a few minutes.",
    "vip.takes_long": "⏳ This takes longer than usual. I go on with it, and say here what came of it.",
    "vip.no_answer": "That took too long, and I don't know what became of it. Please try again.",
    "vip.block.blocked": (
        "🚫 {member} can't open a VIP thread any more. Pressing the button says so, without a reason."
    ),
    "vip.block.reason": "Reason, for staff: {reason}",
    "vip.block.changed": "🚫 {member} was blocked already; the reason is changed.",
    "vip.block.already": "🚫 {member} is blocked already; nothing was changed.",
    "vip.block.live": (
        "There is a VIP session of this member, and it goes on. To end it, or to take it off the waiting "
        "list: /vip clear."
    ),
    "vip.unblock.unblocked": "✅ {member} can open VIP threads again.",
    "vip.unblock.free": "{member} is not blocked; nothing was changed.",
    "vip.status.title": "VIP threads",
    "vip.status.sessions": "Sessions",
    "vip.status.accounts": "Telegram accounts",
    "vip.status.no_sessions": "none",
    "vip.status.no_accounts": "none is configured",
    "vip.status.count": "{count} {state}",
    "vip.status.waiting.none": "Nobody is on the waiting list.",
    "vip.status.waiting.one": "{count} member is on the waiting list.",
    "vip.status.waiting.other": "{count} members are on the waiting list.",
    "vip.status.delivered": "Every message has been delivered.",
    "vip.status.undelivered": "⚠️ The oldest message that is not delivered yet has waited for {age}.",
    "vip.status.unanswered.one": "{count} request is being worked on.",
    "vip.status.unanswered.other": "{count} requests are being worked on.",
    "vip.status.blocked.one": "{count} member is blocked.",
    "vip.status.blocked.other": "{count} members are blocked.",
    "vip.status.account": "• {name}: {state}{reason}",
    "vip.status.unknown": "The VIP desk does not answer. Please try again in a minute.",
    "vip.account_state.free": "free",
    "vip.account_state.leased": "in use",
    "vip.account_state.draining": "being cleared",
    "vip.account_state.quarantined": "quarantined",
    "vip.account_state.flood_wait": "asked by Telegram to wait",
    "vip.account_state.limited": "not allowed to write",
    "vip.account_state.dead": "out of use",
    "vip.connection.away": "not connected",
    "vip.connection.starting": "connecting",
    "vip.connection.dead": "out of use",
    # -- for the staff log ----------------------------------------------------------------------------
    "vip.late_answer": "📨 The desk answered through {account}, but the session it was meant for is over:",
    "vip.doubtful": (
        "⚠️ After an interruption I can't tell whether a message in {link} arrived before it was changed: "
        "it may be shown twice, or still be shown although it was deleted. Please look."
    ),
    "vip.account_out": "⚠️ The Telegram account {account} is {state}: {reason}",
    # -- marks on what is relayed: short, see SAID_UNITS ----------------------------------------------
    "vip.mark.staff": "🛡 **{name}:**",
    "vip.mark.member": "👤 **{name}** (the member):",
    "vip.mark.late": "🕓 *from {at}, while perkd was away*",
    "vip.mark.forwarded": "↪️ *forwarded from {name}*",
    "vip.mark.forwarded_hidden": "↪️ *forwarded*",
    "vip.mark.more": "✏️ *added when the message was edited:*",
    # -- files and the like ---------------------------------------------------------------------------
    "vip.file.voice": "🎤 voice message, {seconds}",
    "vip.file.round_video": "🎥 video message, {seconds}",
    "vip.file.sticker": "🖼 sticker {words}",
    "vip.file.too_large": "📎 {name} ({size}) is not here: it is over the limit of {limit}.",
    "vip.file.too_large_back": "📎 {name} ({size}) was not passed on: it is over the limit of {limit}.",
    "vip.file.absent": "📎 {kind} {name} is not here: it can't be passed on.",
    "vip.file.absent_back": "📎 {kind} {name} was not passed on: that is not possible.",
    "vip.kind.file": "File",
    "vip.kind.picture": "Picture",
    "vip.kind.video": "Video",
    "vip.kind.audio": "Audio",
    "vip.kind.animation": "Animation",
    "vip.kind.voice": "Voice message",
    "vip.kind.round_video": "Video message",
    "vip.kind.sticker": "Sticker",
    "vip.thing.poll": "📊 Poll:",
    "vip.thing.location": "📍 Location:",
    "vip.thing.contact": "👤 Contact:",
    "vip.thing.other": "❔ A kind of message that can't be passed on.",
}
