import math
import trio
import pytest
from supervision import *
from supervision.testing import *

def probe_spec(name, logs, order, **kw):
    log = logs.setdefault(name, ProbeLog())
    return ActorSpec(name, lambda: Probe(name, log, order), **kw)

async def test_children_start_in_order_and_stop_in_reverse(autojump_clock):
    logs, order = {}, []
    spec = SupervisorSpec("t", [probe_spec(n, logs, order) for n in "abc"])
    async with open_tree(spec) as tree:
        assert await tree.ref("b").ask(5) == 5
    assert order == ["start a", "start b", "start c", "stop c", "stop b", "stop a"]

async def test_crash_restart(autojump_clock):
    logs, order = {}, []
    trace = Trace()
    spec = SupervisorSpec("t", [probe_spec(n, logs, order) for n in "abc"], intensity=3)
    async with open_tree(spec, on_event=trace) as tree:
        with pytest.raises(ActorCrashed):
            await tree.ref("b").ask(Do(error=ValueError("x")))
        assert await tree.ref("b").ask(5) == 5
        crash(tree.ref("a"))
        assert await tree.ref("a").ask(5) == 5
    assert order == ["start a", "start b", "start c", "crash b", "start b", "start a", "stop c", "stop b", "stop a"]
    print(trace.names())

async def test_rest_for_one(autojump_clock):
    logs, order = {}, []
    spec = SupervisorSpec("t", [probe_spec(n, logs, order) for n in "abc"], intensity=3, strategy=Strategy.REST_FOR_ONE)
    async with open_tree(spec) as tree:
        tree.ref("b").tell(Do(error=ValueError("x")))
        await settle()
        assert order == ["start a", "start b", "start c", "crash b", "stop c", "start b", "start c"]

async def test_give_up(autojump_clock):
    logs, order = {}, []
    spec = SupervisorSpec("t", [probe_spec(n, logs, order) for n in "abc"], intensity=0)
    with pytest.raises(ExceptionGroup) as e:
        async with open_tree(spec) as tree:
            tree.ref("b").tell(Do(error=ValueError("x")))
            await trio.sleep_forever()
    print(repr(e.value))

async def test_dynamic(autojump_clock):
    log = {}
    spec = SupervisorSpec("t", [DynamicSpec("d", ActorSpec("x", lambda n: Probe(n, log.setdefault(n, ProbeLog())), kind=Kind.TRANSIENT, backoff=Backoff(1)))])
    async with open_tree(spec) as tree:
        d = tree.dynamic("d")
        refs = [await d.start_child(str(i), str(i)) for i in range(100)]
        with pytest.raises(AlreadyRunning):
            await d.start_child("1", "1")
        refs[5].tell(Do(error=ValueError("x")))
        await settle()
        assert tree.snapshot().children[0].children_by_state == {"running": 99, "backing_off": 1}
        assert await refs[5].ask(1) == 1
        await refs[6].ask(Do(stop=True))
        await settle()
        assert len(d) == 99
        with pytest.raises(ActorDead):
            refs[6].tell(1)
        await d.stop_child("7")
        assert len(d) == 98
        with pytest.raises(AskTimeout):
            await refs[8].ask(Do(sleep=10))

async def test_outer_cancel(autojump_clock):
    logs, order = {}, []
    spec = SupervisorSpec("t", [probe_spec(n, logs, order) for n in "abc"])
    with trio.move_on_after(3):
        async with open_tree(spec) as tree:
            await trio.sleep_forever()
    assert order[-3:] == ["stop c", "stop b", "stop a"]
