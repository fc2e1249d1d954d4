"""A game API and code source to run against without the real ones (docs/redeeming.md).

`World` holds games, sources and ordered faults; `create_app` is its ASGI application, `serve` puts it on a
port, `sample_world` fills one for the demo.
"""

from daemon.simulator.app import create_app as create_app
from daemon.simulator.faults import Facts as Facts
from daemon.simulator.faults import Fault as Fault
from daemon.simulator.faults import Script as Script
from daemon.simulator.game import SimGame as SimGame
from daemon.simulator.listings import Listing as Listing
from daemon.simulator.listings import SimSource as SimSource
from daemon.simulator.population import CodeState as CodeState
from daemon.simulator.population import SimCode as SimCode
from daemon.simulator.population import SimPlayer as SimPlayer
from daemon.simulator.sample import SamplePlayer as SamplePlayer
from daemon.simulator.sample import sample_players as sample_players
from daemon.simulator.sample import sample_world as sample_world
from daemon.simulator.serve import serve as serve
from daemon.simulator.sessions import Sessions as Sessions
from daemon.simulator.stats import Stats as Stats
from daemon.simulator.world import Latency as Latency
from daemon.simulator.world import World as World
