"""Many accounts on one loop, with the real Telethon and the stand-in."""

import threading

import trio

from daemon.telegram.account import Pace
from daemon.telegram.accounts import open_accounts
from daemon.telegram.chat import DeskChat
from daemon.telegram.session_file import hold_session
from daemon.telegram.values import Connected, Died, NewMessage, Outgoing

COUNT = 20


async def test_twenty_accounts_talk_at_once_in_one_thread_and_leave_nothing_behind(
    telegram, application, tmp_path
):
    people = [telegram.add_account(f"desk-{number}") for number in range(COUNT)]
    sessions = [(p.name, telegram.write_session(tmp_path / f"{p.name}.session", p)) for p in people]
    threads = threading.active_count()
    telegram.kill(people[-1], "USER_DEACTIVATED_BAN")
    answers: dict[str, str] = {}

    with trio.fail_after(40):
        async with open_accounts(sessions, "@vip_desk", application, pace=Pace(0.05, 0.2)) as accounts:
            ends = 0
            while ends < COUNT:
                ends += isinstance(await accounts.events.receive(), Connected | Died)
            used = threading.active_count() - threads
            async with trio.open_nursery() as nursery:
                for person in people[:-1]:
                    ask = accounts.by_name[person.name].ask
                    nursery.start_soon(ask, DeskChat.send, Outgoing(f"I am {person.name}"), 1)
            for person in people[:-1]:
                telegram.desk.say(person, f"hello {person.name}")
            while len(answers) < COUNT - 1:
                event = await accounts.events.receive()
                if isinstance(event, NewMessage):
                    answers[event.account] = event.message.text

    assert used == 1
    assert answers == {p.name: f"hello {p.name}" for p in people[:-1]}
    assert [telegram.chat(p).texts[0] for p in people[:-1]] == [f"I am {p.name}" for p in people[:-1]]
    assert threading.active_count() == threads
    for _, path in sessions:
        with hold_session(path):
            pass


async def test_a_listener_that_stands_still_holds_the_accounts_up_and_loses_nothing(
    telegram, application, tmp_path
):
    person = telegram.add_account("desk-1")
    path = telegram.write_session(tmp_path / "desk-1.session", person)
    texts: list[str] = []

    with trio.fail_after(40):
        async with open_accounts([("desk-1", path)], "@vip_desk", application) as accounts:
            assert isinstance(await accounts.events.receive(), Connected)
            for number in range(500):
                telegram.desk.say(person, f"message {number}")
            await accounts.by_name["desk-1"].ask(DeskChat.send, Outgoing("still works"), 1)
            while len(texts) < 500:
                event = await accounts.events.receive()
                if isinstance(event, NewMessage):
                    texts.append(event.message.text)

    assert texts == [f"message {number}" for number in range(500)]
