"""The live page without a browser: two controllers side by side, and another checkpoint."""

import json
from dataclasses import replace

import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.runs import player, train
from premotor.view import LivePage, LiveSession, start_server
from tiny import tiny_settings

pytestmark = pytest.mark.filterwarnings("ignore")  # of libraries that are not ours


@pytest.fixture
def server():
    pytest.importorskip("viser", reason="viser is not installed")
    pytest.importorskip("mjviser", reason="mjviser is not installed")
    made = start_server("127.0.0.1", 0)
    yield made
    made.stop()


def test_two_controllers_stand_side_by_side(server, shown):
    session, other = LiveSession(shown, seed=1), LiveSession(shown._replace(name="null"), seed=1)
    page = LivePage(server, session, beside=other)
    for _ in range(60):
        page._step()
    page.draw()
    page.draw_plots()
    assert np.array_equal(session.rates, other.rates), "the same controller from the same starts"
    assert "beside it, null: **" in page.headline.content
    session.disturb(np.arange(session.neurons), silence=True)
    page._step()
    assert not session.rates.any() and other.rates.any(), "what is done to neurons is done to one"
    page.draw()
    places = page.scene._body._last_body_xpos
    assert places.shape[0] == 2
    apart = places[1, 1] - places[0, 1]
    np.testing.assert_allclose(apart[:2], page.scene._apart[:2], atol=1e-9)


def test_bodies_of_two_kinds_do_not(server, shown):
    other = LiveSession(shown, seed=1)
    other.body = replace(other.body, xml=other.body.xml + "<!-- another -->")
    with pytest.raises(PremotorError, match="walk has another body than walk; only controllers of one body"):
        LivePage(server, LiveSession(shown, seed=1), beside=other)


def test_another_checkpoint_is_chosen(server, circuit_folder, tmp_path):
    settings = tiny_settings(circuit_folder, learning={"steps": 320})
    run = train(settings, output=tmp_path / "run", finish=False, progress=False)
    page = LivePage(server, LiveSession(player(run.folder), seed=1))
    assert page.checkpoint is not None and page.checkpoint.options[:3] == ("as begun", "best", "initial")
    page.checkpoint.value = "initial"
    page.use_checkpoint()
    first, now = run.controller("initial"), page.session.controller
    assert json.dumps(now.parameter("log_std").tolist()) == json.dumps(first.parameter("log_std").tolist())
    assert now.observation_names == first.observation_names
    page._step()
