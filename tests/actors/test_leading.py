"""Which of two stores leads: every combination of what can be known of them."""

import pytest

from actors.history import History, Term
from actors.leading import Damaged, Decision, Failing, Held, Step, decide
from actors.ports import Position

AWAY = Failing("MongoDB can't be reached")
BROKEN = Failing("the disk is full")
DAMAGED = Damaged("perkd.sqlite3 is no database")
HELD = Held("another perkd writes")

EMPTY = History()
BEGUN = History((Term(1, "a"),), Position(1, 0))
THREE = History((Term(1, "a"),), Position(1, 3))
FIVE = History((Term(1, "a"),), Position(1, 5))
OTHER = History((Term(1, "b"),), Position(1, 4))
FORKED = History((Term(1, "a"), Term(2, "c", Position(1, 2))), Position(2, 1))
UNFINISHED = History((Term(2, "a"),), Position(2, 0), unfinished=True)
EMPTY_RESTORED = History(leads=True)
RESTORED = History((Term(1, "a"),), Position(1, 3), leads=True)


@pytest.mark.parametrize(
    ("local", "replica", "step"),
    [
        (FIVE, FIVE, Step.LEAD_LOCAL),
        (FIVE, THREE, Step.LEAD_LOCAL),
        (FIVE, EMPTY, Step.LEAD_LOCAL),
        (EMPTY, EMPTY, Step.LEAD_LOCAL),
        (EMPTY, UNFINISHED, Step.REFUSE),
        (BEGUN, UNFINISHED, Step.REFUSE),
        (EMPTY_RESTORED, UNFINISHED, Step.LEAD_LOCAL),
        (FIVE, UNFINISHED, Step.LEAD_LOCAL),
        (DAMAGED, UNFINISHED, Step.REFUSE),
        (BROKEN, UNFINISHED, Step.WAIT),
        (BEGUN, FIVE, Step.FILL_LOCAL),
        (EMPTY, FIVE, Step.FILL_LOCAL),
        (THREE, FIVE, Step.FILL_LOCAL),
        (OTHER, FIVE, Step.REFUSE),
        (FIVE, FORKED, Step.REFUSE),
        (FIVE, AWAY, Step.LEAD_LOCAL),
        (EMPTY, AWAY, Step.WAIT),
        (BEGUN, AWAY, Step.WAIT),
        (FIVE, HELD, Step.WAIT),
        (EMPTY, HELD, Step.WAIT),
        (DAMAGED, HELD, Step.WAIT),
        (DAMAGED, FIVE, Step.COPY_LOCAL),
        (DAMAGED, EMPTY, Step.REFUSE),
        (DAMAGED, AWAY, Step.WAIT),
        (BROKEN, FIVE, Step.LEAD_REPLICA),
        (BROKEN, EMPTY, Step.WAIT),
        (BROKEN, AWAY, Step.WAIT),
        (RESTORED, FIVE, Step.REPLACE_REPLICA),
        (RESTORED, THREE, Step.LEAD_LOCAL),
        (RESTORED, OTHER, Step.REPLACE_REPLICA),
        (RESTORED, AWAY, Step.LEAD_LOCAL),
    ],
)
def test_who_leads(local: History | Damaged | Failing, replica: History | Failing | Held, step: Step) -> None:
    assert decide(local, replica).step is step


@pytest.mark.parametrize(
    ("local", "replica", "step"),
    [
        (FIVE, FORKED, Step.COPY_LOCAL),
        (THREE, FIVE, Step.FILL_LOCAL),
        (FIVE, FIVE, Step.LEAD_LOCAL),
        (FIVE, AWAY, Step.WAIT),
        (EMPTY, AWAY, Step.WAIT),
        (EMPTY, EMPTY, Step.LEAD_LOCAL),
        (FIVE, EMPTY, Step.REFUSE),  # what MongoDB had is gone, and the file has not got it
        (RESTORED, FIVE, Step.FILL_LOCAL),  # an operator's word that is older than the mark
    ],
)
def test_a_file_that_mongodb_took_over_from_does_not_lead_while_it_lacks_something(
    local: History, replica: History | Failing, step: Step
) -> None:
    assert decide(local, replica, behind=True).step is step


@pytest.mark.parametrize(
    ("local", "replica", "words"),
    [
        (OTHER, FIVE, "perkd storage keep"),
        (EMPTY, AWAY, "MongoDB can't be reached"),
        (BROKEN, AWAY, "the disk is full; MongoDB can't be reached"),
        (FIVE, HELD, "another perkd writes"),
        (DAMAGED, EMPTY, "no database"),
    ],
)
def test_a_decision_that_lets_nobody_lead_says_why(
    local: History | Damaged | Failing, replica: History | Failing | Held, words: str
) -> None:
    decision: Decision = decide(local, replica)
    assert words in decision.why
