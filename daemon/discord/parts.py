"""What of Discord lives as long as the process, and what each bot is given of it."""

from collections.abc import Callable
from functools import partial

import hikari
from attrs import define, field

from actors.ports import CaptchaSolver, Clock
from daemon.aio import Loop
from daemon.config import DiscordConfig
from daemon.discord import commands, custom_ids
from daemon.discord.actor import DiscordActor, DiscordPorts
from daemon.discord.answering import Manner
from daemon.discord.answers.buttons import add_buttons
from daemon.discord.answers.desk import Desk, StatusOf
from daemon.discord.board import DiscordBoard
from daemon.discord.bot import Account, Client
from daemon.discord.captcha import CaptchaAnswers, DiscordCaptchaSolver
from daemon.discord.captcha_desk import CaptchaDesk
from daemon.discord.channels import GuildChannels
from daemon.discord.components import Components
from daemon.discord.guild_names import GuildNames
from daemon.discord.link import DiscordLink
from daemon.discord.rights import Staff
from daemon.discord.vip.reception import Reception
from daemon.discord.watching import WatchActor, WatchesChanged, WatchPorts, WatchStatus
from daemon.secrets import Secret
from daemon.service import Service
from daemon.service.guild_settings import guilds_named
from supervision import ActorRef


@define(eq=False)
class DiscordParts:
    """One for the process; the bots come and go."""

    config: DiscordConfig
    token: Secret
    clock: Clock
    link: DiscordLink = field(factory=DiscordLink, init=False)
    staff: Staff = field(init=False)
    board: DiscordBoard = field(init=False)
    components: Components = field(init=False)
    captchas: CaptchaSolver | None = field(default=None, init=False)
    """People in the captcha channel; None where none is configured."""
    watch_status: object = field(factory=WatchStatus, init=False)
    """Asks the watcher for its numbers."""
    watches_changed: object = field(factory=WatchesChanged, init=False)
    """What the watcher is told when admins have changed what is watched."""
    suspects: dict[str, int] = field(factory=dict, init=False)
    """The watcher's; see there."""

    def __attrs_post_init__(self) -> None:
        self.staff = Staff.of(self.config.owners, self.config.admin_roles)
        self.board = DiscordBoard(self.link)
        self.components = Components(self.staff)
        if self.config.captcha_channel:
            desk = CaptchaDesk()
            self.captchas = DiscordCaptchaSolver(
                self.link, str(self.config.captcha_channel), desk, self.clock
            )
            answers = CaptchaAnswers(desk)
            self.components.on_button(custom_ids.CaptchaPress, answers.press, Manner.AT_ONCE)
            self.components.on_modal(custom_ids.CaptchaPress, answers.submit, Manner.AT_ONCE)

    def desk(self, service: Service, status: StatusOf, vip: Reception | None = None) -> Desk:
        """What the answers work with; `vip`: None where VIP threads are switched off."""
        return Desk(service, self.staff, status, GuildChannels(self.link), vip)

    def actor(self, desk: Desk, reachable: Callable[[], None]) -> DiscordActor:
        """A new actor. `reachable` is called each time the bot has connected, or has a guild again."""

        def add_commands(client: Client, _bot: hikari.GatewayBot, loop: Loop) -> None:
            commands.register(client, loop, desk)

        add_buttons(self.components, desk)
        account = Account(self.token, self.config.token_env, self.config.rest_url, vip=desk.vip is not None)
        register = (add_commands, self.components.register)
        names = GuildNames(partial(guilds_named, desk.service))
        return DiscordActor(
            DiscordPorts(account, self.link, self.clock, register, reachable, reachable, names)
        )

    def watcher(self, service: Service, campaign: ActorRef) -> WatchActor:
        """A new actor that reads codes from channels."""
        return WatchActor(WatchPorts(self.link, service, campaign, self.staff, self.suspects))
