"""Commands, suggestions, buttons and forms: the real hikari and lightbulb answer members of the stand-in."""

import asyncio

import hikari
import lightbulb
import pytest
import trio

from tests.worlds.discord import open_discord
from tests.worlds.discord.interaction_options import ClientRefused
from tests.worlds.discord.member_actions import NoAnswer
from tests.worlds.discord_clients import open_client


@pytest.fixture
async def discord():
    async with open_discord() as discord:
        yield discord


@pytest.fixture
def guild(discord):
    return discord.add_guild("Snow")


@pytest.fixture
def channel(guild):
    return guild.add_channel("codes")


@pytest.fixture
def ann(guild):
    return guild.add_member("Ann")


def commands(*of):
    def prepare(_bot, client):
        for command in of:
            client.register(command)

    return prepare


def command(invoke, name="try", **options):
    """A slash command of these options, which runs `invoke(self, ctx)`."""
    body = {**options, "invoke": lightbulb.invoke(invoke)}
    return type("Try", (lightbulb.SlashCommand,), body, name=name, description="try")


def on_component(answer):
    """Answers components and forms with `answer(interaction)`."""

    def prepare(bot, _client):
        async def listen(event: hikari.InteractionCreateEvent) -> None:
            if not isinstance(event.interaction, hikari.CommandInteraction):
                await answer(event.interaction)

        bot.subscribe(hikari.InteractionCreateEvent, listen)

    return prepare


async def defer_and_edit(self, ctx: lightbulb.Context) -> None:
    await ctx.defer(ephemeral=True)
    await ctx.interaction.edit_initial_response(f"{ctx.user.username}: {self.game} {self.fid}")


register = command(
    defer_and_edit,
    "register",
    game=lightbulb.string("game", "which", choices=[lightbulb.Choice("Whiteout", "wos")]),
    fid=lightbulb.string("fid", "player", max_length=20),
)


async def test_a_command_is_deferred_and_then_edited(discord, channel, ann):
    async with open_client(discord, commands(register)):
        answer = await ann.slash(channel, "register", game="wos", fid="123")
    assert answer.text == "ann: wos 123"
    assert answer.deferred
    assert answer.ephemeral
    assert channel.messages == []
    assert 0 < answer.first_after < 1


async def test_an_answer_for_everybody_is_a_message_of_the_channel(discord, channel, ann):
    async def say(self, ctx: lightbulb.Context) -> None:
        row = hikari.impl.MessageActionRowBuilder()
        row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "a:b", label="Press")
        embed = hikari.Embed(title="T", description="D")
        await ctx.respond("hello", embed=embed, component=row, attachment=hikari.Bytes(b"x,y", "a.csv"))

    async with open_client(discord, commands(command(say))) as client:
        answer = await ann.slash(channel, "try")
        heard = await client.hears_kind(hikari.MessageCreateEvent)
    assert channel.messages == [answer.message]
    assert (answer.text, answer.embeds[0]["title"], answer.files) == ("hello", "T", [("a.csv", b"x,y")])
    assert not answer.ephemeral
    assert not answer.deferred
    assert heard.content == "hello"
    assert heard.message.interaction_metadata.user.username == "ann"


async def test_a_deferred_answer_that_goes_on_with_a_followup_is_complete(discord, channel, ann):
    async def follow(self, ctx: lightbulb.Context) -> None:
        await ctx.defer(ephemeral=True)
        await ctx.respond("first")
        await ctx.respond("second", ephemeral=True)
        await ctx.respond("third")

    async with open_client(discord, commands(command(follow))) as client:
        answer = await ann.slash(channel, "try")
        await client.hears_kind(hikari.MessageCreateEvent)
    assert (answer.text, answer.ephemeral) == ("first", True)
    assert [(m.text, m.ephemeral) for m in answer.followups] == [("second", True), ("third", False)]
    assert channel.messages == answer.followups[1:]


async def test_the_event_tells_who_asks_and_what_they_may(discord, guild, channel):
    seen = []

    async def look(self, ctx: lightbulb.Context) -> None:
        seen.append(ctx.interaction)
        await ctx.respond("seen")

    role = guild.add_role("mods")
    bob = guild.add_member("Bob", roles=(role,), manage_guild=True)
    async with open_client(discord, commands(command(look))):
        await bob.slash(channel, "try")
    found = seen[0]
    assert (str(found.guild_id), str(found.channel.id), str(found.user.id)) == (guild.id, channel.id, bob.id)
    assert int(role.id) in found.member.role_ids
    assert found.member.permissions & hikari.Permissions.MANAGE_GUILD
    assert found.app_permissions & hikari.Permissions.SEND_MESSAGES
    assert found.locale == "en-US"


async def test_options_of_every_kind_come_as_the_library_knows_them(discord, guild, channel, ann):
    seen = {}

    async def look(self, ctx: lightbulb.Context) -> None:
        seen.update(
            number=self.number,
            ratio=self.ratio,
            sure=self.sure,
            who=self.who,
            where=self.where,
            role=self.role,
            content=await self.file.read(),
            left=self.left,
        )
        await ctx.respond("seen")

    every = command(
        look,
        number=lightbulb.integer("number", "d", min_value=1, max_value=9),
        ratio=lightbulb.number("ratio", "d"),
        sure=lightbulb.boolean("sure", "d"),
        who=lightbulb.user("who", "d"),
        where=lightbulb.channel("channel", "d", channel_types=[hikari.ChannelType.GUILD_TEXT]),
        role=lightbulb.role("role", "d"),
        file=lightbulb.attachment("file", "d"),
        left=lightbulb.string("left", "d", default="nothing"),
    )
    role, given = guild.add_role("mods"), {"number": 3, "ratio": 0.5, "sure": True}
    async with open_client(discord, commands(every)):
        await ann.slash(channel, "try", who=ann, channel=channel, role=role, file=("a.csv", b"1,2"), **given)
    assert {key: seen[key] for key in given} == given
    assert (str(seen["who"].id), str(seen["where"].id), str(seen["role"].id)) == (ann.id, channel.id, role.id)
    assert (seen["content"], seen["left"]) == (b"1,2", "nothing")


async def test_a_command_in_a_group(discord, channel, ann):
    manage = lightbulb.Group("manage", "d")
    codes = manage.subgroup("giftcode", "d")

    async def where(self, ctx: lightbulb.Context) -> None:
        await ctx.respond(f"{self.channel.mention}")

    codes.register(command(where, "setchannel", channel=lightbulb.channel("channel", "d")))
    manage.register(
        command(defer_and_edit, "other", game=lightbulb.string("game", "d"), fid=lightbulb.string("fid", "d"))
    )
    async with open_client(discord, commands(manage)):
        answer = await ann.slash(channel, "manage giftcode setchannel", channel=channel)
        other = await ann.slash(channel, "manage other", game="g", fid="7")
    assert (answer.text, other.text) == (f"<#{channel.id}>", "ann: g 7")


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        ("nothing", {}, "no command /nothing"),
        ("register", {"game": "wos"}, "'fid' is required"),
        ("register", {"game": "other", "fid": "1"}, "offers"),
        ("register", {"game": "wos", "fid": "1" * 21}, "does not take"),
        ("register", {"game": "wos", "fid": 5}, "takes no int"),
        ("register", {"game": "wos", "fid": "1", "more": 1}, "no option"),
        ("register deeper", {}, "no 'deeper'"),
    ],
)
async def test_what_the_client_would_not_send_is_refused(ann, text, options, why):
    discord, channel = ann.guild.world, ann.guild.add_channel("codes")
    async with open_client(discord, commands(register)):
        with pytest.raises(ClientRefused, match=why):
            await ann.slash(channel, text, **options)


async def test_suggestions(discord, channel, ann):
    async def suggest(ctx: lightbulb.AutocompleteContext[str]) -> None:
        game = ctx.get_option("game").value
        await ctx.respond([(f"{game} {ctx.focused.value}{n}", f"v{n}") for n in range(2)])

    async def too_many(ctx: lightbulb.AutocompleteContext[str]) -> None:
        await ctx.respond([str(number) for number in range(26)])

    redeem = command(
        defer_and_edit,
        game=lightbulb.string("game", "d"),
        fid=lightbulb.string("fid", "d", autocomplete=suggest),
        many=lightbulb.string("many", "d", autocomplete=too_many, default=""),
    )
    async with open_client(discord, commands(redeem)):
        choices = await ann.autocomplete(channel, "try", "fid", "SN", game="wos")
        discord.interactions.patience = 0.3
        with pytest.raises(NoAnswer):
            await ann.autocomplete(channel, "try", "many", "SN")
        with trio.fail_after(60):
            while len(discord.asked("POST", "/interactions/*/*/callback")) < 2:  # noqa: ASYNC110 - the bot asks
                await trio.sleep(0.01)
    assert choices == [("wos SN0", "v0"), ("wos SN1", "v1")]
    assert discord.asked("POST", "/interactions/*/*/callback") == [200, 400]


BUTTONS = [{"type": 1, "components": [
    {"type": 2, "style": 1, "custom_id": "go:1", "label": "Go"},
    {"type": 2, "style": 2, "custom_id": "no", "label": "No", "disabled": True},
]}]  # fmt: skip


async def test_a_button_may_answer_or_change_its_message(discord, channel, ann):
    async def answer(interaction: hikari.ComponentInteraction) -> None:
        kind = hikari.ResponseType.MESSAGE_UPDATE
        if interaction.user.username == "ann":
            kind = hikari.ResponseType.MESSAGE_CREATE
        text = f"{interaction.custom_id} on {interaction.message.content}"
        await interaction.create_initial_response(kind, text, flags=hikari.MessageFlag.EPHEMERAL)

    bob = channel.guild.add_member("Bob")
    async with open_client(discord, on_component(answer)):
        message = channel.add_message(discord.bot, {"content": "code", "components": BUTTONS})
        first = await ann.press(message, "go:1")
        assert message.text == "code"
        second = await bob.press(message, "Go")
        with pytest.raises(ClientRefused, match="can't be pressed"):
            await ann.press(message, "No")
        with pytest.raises(ClientRefused, match="no button 'Stop'"):
            await ann.press(message, "Stop")
    assert (first.text, first.ephemeral, first.updated) == ("go:1 on code", True, False)
    assert (second.message, second.text, second.updated) == (message, "go:1 on code", True)
    assert message.edits == 1


async def test_a_button_may_be_deferred_and_change_its_message_later(discord, channel, ann):
    async def answer(interaction: hikari.ComponentInteraction) -> None:
        await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
        await interaction.edit_initial_response("changed", components=[])

    async with open_client(discord, on_component(answer)):
        message = channel.add_message(discord.bot, {"content": "code", "components": BUTTONS})
        answered = await ann.press(message, "Go")
    assert (message.text, message.components, answered.deferred) == ("changed", [], True)


async def ask_or_thank(interaction):
    if isinstance(interaction, hikari.ModalInteraction):
        inputs = {child.custom_id: child.value for row in interaction.components for child in row.components}
        await interaction.create_initial_response(
            hikari.ResponseType.MESSAGE_CREATE,
            f"{interaction.custom_id}: {inputs}",
            flags=hikari.MessageFlag.EPHEMERAL,
        )
        return
    rows = [hikari.impl.ModalActionRowBuilder() for _ in range(2)]
    rows[0].add_text_input("fid", "Player id", max_length=20)
    rows[1].add_text_input("state", "State", required=False, value="245")
    await interaction.create_modal_response("Register", "form:1", components=rows)


async def test_a_button_opens_a_form_that_is_sent_off(discord, channel, ann):
    async with open_client(discord, on_component(ask_or_thank)):
        message = channel.add_message(discord.bot, {"content": "code", "components": BUTTONS})
        opened = await ann.press(message, "Go")
        answer = await ann.submit(opened, fid="123")
        with pytest.raises(ClientRefused, match="'Player id' is required"):
            await ann.submit(opened)
        with pytest.raises(ClientRefused, match="no \\['other'\\]"):
            await ann.submit(opened, other="1")
        with pytest.raises(ClientRefused, match="no form"):
            await ann.submit(answer, fid="1")
    assert (opened.modal["title"], opened.message) == ("Register", None)
    assert (answer.text, answer.ephemeral) == ("form:1: {'fid': '123', 'state': '245'}", True)


async def refused_code(awaitable):
    try:
        await awaitable
    except hikari.ClientHTTPResponseError as error:
        return error.code
    return 0


async def test_a_second_callback_is_refused(discord, channel, ann):
    codes = []

    async def twice(self, ctx: lightbulb.Context) -> None:
        await ctx.respond("first")
        again = ctx.interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, "second")
        codes.append(await refused_code(again))
        await ctx.interaction.edit_initial_response("told")

    async with open_client(discord, commands(command(twice))) as client:
        answer = await ann.slash(channel, "try")
        await client.hears_kind(hikari.MessageUpdateEvent)
    assert (codes, answer.text) == ([40060], "told")


async def test_a_callback_after_three_seconds_is_refused(discord, channel, ann):
    codes, asked, moved, refused = [], trio.Event(), asyncio.Event(), trio.Event()

    async def late(self, ctx: lightbulb.Context) -> None:
        client.loop._thread.tell_trio(asked.set)
        await moved.wait()
        codes.append(await refused_code(ctx.respond("late")))
        client.loop._thread.tell_trio(refused.set)

    discord.interactions.patience = 0.5

    async with open_client(discord, commands(command(late))) as client, trio.open_nursery() as nursery:

        async def pass_time():
            await asked.wait()
            discord.later(3.1)
            await client.loop.sync(moved.set)

        nursery.start_soon(pass_time)
        with pytest.raises(NoAnswer, match="did not respond"):
            await ann.slash(channel, "try")
        await refused.wait()
    assert codes == [10062]


async def test_a_token_lives_for_fifteen_minutes(discord, channel, ann):
    kept = []

    async def keep(self, ctx: lightbulb.Context) -> None:
        kept.append(ctx.interaction)
        await ctx.respond("now")

    async def edit():
        return await refused_code(kept[0].edit_initial_response("later"))

    async with open_client(discord, commands(command(keep))) as client:
        answer = await ann.slash(channel, "try")
        discord.later(14 * 60)
        codes = [await client.loop.call(edit)]
        assert answer.text == "later"
        discord.later(61)
        codes.append(await client.loop.call(edit))
    assert codes == [0, 50027]


async def test_a_deferral_that_nobody_goes_on_with_is_no_answer(discord, channel, ann):
    async def defer(self, ctx: lightbulb.Context) -> None:
        await ctx.defer()

    discord.interactions.patience = 2.0  # the deferral comes before that
    async with open_client(discord, commands(command(defer))):
        with pytest.raises(NoAnswer, match="deferred, and did not go on"):
            await ann.slash(channel, "try")


async def test_a_command_is_only_for_those_who_may_see_it(discord, guild, channel, ann):
    body = {"invoke": lightbulb.invoke(defer_and_edit), "game": "", "fid": ""}
    admins = type(
        "Admins", (lightbulb.SlashCommand,), body, name="admins", description="d",
        default_member_permissions=hikari.Permissions.MANAGE_GUILD,
    )  # fmt: skip
    boss = guild.add_member("Boss", manage_guild=True)
    async with open_client(discord, commands(admins)):
        assert (await boss.slash(channel, "admins")).deferred
        with pytest.raises(ClientRefused, match="is not for Ann"):
            await ann.slash(channel, "admins")
