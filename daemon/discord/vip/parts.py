"""What of the VIP half's Discord side lives as long as the process."""

from collections.abc import Callable

from attrs import define, field

from actors.vip.live_threads import LiveThreads
from actors.vip.policy import VIPPolicy
from actors.vip.ports import StaffLog, Threads
from daemon.discord.link import DiscordLink
from daemon.discord.vip.home import Home
from daemon.discord.vip.places import OpenFile, VIPPlaces
from daemon.discord.vip.reception import Reception, VIPStatusOf
from daemon.discord.vip.staff_log import DiscordStaffLog
from daemon.discord.vip.threads import DiscordThreads
from daemon.discord.vip.tickets import Tickets
from daemon.discord.vip.watcher import VIPWatchActor, VIPWatchPorts
from supervision import Actor, ActorRef


@define(eq=False)
class VIPDiscord:
    """One for the process; bots, the desk and the watcher come and go.

    Button and commands are registered with all others: by a `daemon.discord.answers.desk.Desk` that has
    `vip=reception(…)`. The bot's `Account` has `vip=True`, so that the intents are asked for.
    """

    link: DiscordLink
    places: Callable[[], VIPPlaces]
    policy: Callable[[], VIPPolicy]
    open_file: OpenFile
    threads: Threads = field(init=False)
    staff_log: StaffLog = field(init=False)
    answers: Tickets = field(init=False)
    """The port `Answers`; the watcher serves it."""
    live: LiveThreads = field(factory=LiveThreads, init=False)
    """For `VIPParts.live` as well: the desk keeps it."""
    home: Home = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.threads = DiscordThreads(self.link, self.places, self.open_file)
        self.staff_log = DiscordStaffLog(self.link, self.places, self.open_file)
        self.answers = Tickets(self.link)
        self.home = Home(self.link, self.places)

    def watcher(self, office: ActorRef) -> Actor:
        """A new actor for `gateways/vip`; `office`: the VIP desk's."""
        return VIPWatchActor(
            VIPWatchPorts(self.link, office, self.answers, self.live, self.home, self.policy)
        )

    def reception(self, office: ActorRef, status: VIPStatusOf) -> Reception:
        """What the button and the commands work with; `status` makes the part `vip` of the status."""
        return Reception(self.link, office, self.answers, self.home, self.threads, self.policy, status)
