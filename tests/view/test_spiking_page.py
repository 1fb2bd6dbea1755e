"""The live page of a spiking agent, on a server that shows nothing."""

from types import SimpleNamespace

import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.runs import Evaluation, train
from premotor.runs.spiking import SpikingRun
from premotor.view import SpikingPage, play_spiking_in_browser, spiking as page_module

SETTINGS = {
    "kind": "spiking",
    "learning": {"kind": "plasticity", "episodes": 1, "block": 1},
    "evaluation": {"every": 1, "episodes": 1},
    "checkpoints": {"every": 1},
}


class Gui:
    """Controls that remember what they hold."""

    def __getattr__(self, name):
        def make(*words, initial_value=None, **options):
            made = SimpleNamespace(value=initial_value, content=None, image=None, pressed=None)
            made.on_click = lambda does: setattr(made, "pressed", does)
            return made

        return make


class Server:
    """Serves nothing."""

    gui, stopped = Gui(), False
    scene = SimpleNamespace(world_axes=SimpleNamespace(visible=True), set_background_image=lambda image, format: None)

    def get_port(self):
        return 8080

    def stop(self):
        self.stopped = True


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return SpikingRun.of(train(SETTINGS, output=tmp_path_factory.mktemp("page") / "run", progress=False, finish=False))


def test_episodes_follow_each_other(run):
    page = SpikingPage(Server(), run, Evaluation(checkpoint="initial"))
    page.step()
    first = page.picture
    assert page.episode == 0 and page.steps == 1 and first.ndim == 3 and first.dtype == np.uint8
    page.step()
    assert page.steps == 2 and (page.picture != first).any()
    while page.episode == 0:
        page.step()
    assert page.episode == 1 and page.steps == 1 and "episode 1, initial weights" in page.headline.content
    page._next.pressed(None)
    assert page.episode == 2
    named = SpikingPage(Server(), run, Evaluation(checkpoint="initial", only=3))
    named.step()
    begun = named.picture
    named.anew()
    named.step()
    assert np.array_equal(named.picture, begun)


def test_it_runs_until_its_time_is_over(run, monkeypatch):
    server, said = Server(), []
    monkeypatch.setattr(page_module, "server_for", lambda host, port: server)
    page = play_spiking_in_browser(run, Evaluation(), seconds=0.3, speed=2.0, say=said.append)
    assert page.steps >= 1 and server.stopped and "http://127.0.0.1:8080" in said[0]
    with pytest.raises(PremotorError, match="the live page runs at"):
        play_spiking_in_browser(run, Evaluation(), seconds=0.3, speed=9.0)
    with pytest.raises(PremotorError, match="more than 0"):
        play_spiking_in_browser(run, Evaluation(), seconds=0.0)
