"""A question by itself: who answers first, who comes too late, who has gone."""

import gc
import weakref

import pytest
import trio

from supervision.errors import ActorDead, AskTimeout
from supervision.question import Question
from supervision.testing import settle

pytestmark = pytest.mark.usefixtures("any_order")


async def test_an_answer_that_comes_before_one_waits_is_there() -> None:
    question = Question("how", "t/a")
    question.answer(42)
    assert await question.wait() == 42


async def test_who_waits_is_answered(autojump_clock: object) -> None:
    question = Question("how", "t/a")
    answers: list[object] = []

    async def wait() -> None:
        answers.append(await question.wait())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await settle()
        question.answer(None)
    assert answers == [None]


async def test_the_first_answer_counts() -> None:
    question = Question("how", "t/a")
    question.answer("first")
    question.fail(ActorDead("late"))
    question.answer("later")
    assert await question.wait() == "first"


async def test_a_failure_is_raised_and_a_later_answer_dropped() -> None:
    question = Question("how", "t/a")
    question.expire()
    question.answer("late")
    with pytest.raises(AskTimeout, match="t/a did not answer str in time"):
        await question.wait()


async def test_an_answer_to_somebody_who_was_cancelled_is_dropped(autojump_clock: object) -> None:
    question = Question("how", "t/a")
    with trio.move_on_after(1) as scope:
        await question.wait()
    question.answer("late")
    assert scope.cancelled_caught
    assert question.done


async def test_neither_answer_nor_error_is_kept() -> None:
    class Answer:
        pass

    answered, failed = Question("how", "t/a"), Question("how", "t/a")
    answered.answer(Answer())
    kept = weakref.ref(await answered.wait())
    failed.fail(ActorDead("gone"))
    with pytest.raises(ActorDead) as caught:
        await failed.wait()
    assert kept() is None
    assert failed not in gc.get_referrers(caught.value)
