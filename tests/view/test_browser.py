"""The live page in a real Chromium: `make test-browser`."""

import shutil
import threading
import time

import numpy as np
import pytest

from premotor.runs import player
from premotor.view import LivePage, LiveSession, start_server, write_page
from premotor.view.token_gate import TokenGate

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]  # of libraries that are not ours
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    *("--no-sandbox", "--use-gl=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE = 60.0
"""Seconds; the scene is drawn by software here."""


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api")
    pytest.importorskip("viser")
    pytest.importorskip("mjviser")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine (apt-get install chromium)")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def live(browser):
    """The page of the shipped controller as it runs, the browser's tab, and what the console complained of."""
    page = LivePage(start_server("127.0.0.1", 0), LiveSession(player("walk")))
    running = threading.Thread(target=page.run, args=(10 * PATIENCE,), daemon=True)
    running.start()
    tab, errors = browser.new_page(viewport={"width": 1400, "height": 1000}), []
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(f"http://127.0.0.1:{page.server.get_port()}")
    yield page, tab, errors
    page.ended = True
    running.join(PATIENCE)
    page.server.stop()


def until(happened) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.2)


def test_the_page_shows_the_gait_and_all_neurons_and_complains_of_nothing(live):
    page, tab, errors = live
    tab.get_by_text("143 neurons, 0 silenced, 0 driven").wait_for(timeout=1000 * PATIENCE)
    tab.get_by_text("walks", exact=False).first.wait_for(timeout=1000 * PATIENCE)
    assert tab.locator("canvas").count() >= 1
    assert page.scene.neurons.batched_positions.shape == (143, 3)
    assert not errors


def test_a_click_on_a_neuron_chooses_it_and_a_button_silences_it(live):
    page, tab, _ = live
    page.paused.value = True
    client = next(iter(page.server.get_clients().values()))
    camera = client.camera
    rotation = _matrix(np.asarray(camera.wxyz))
    seen = (page.scene.places - camera.position) @ rotation  # x right, y down, z forward
    box = tab.locator("canvas").first.bounding_box()
    focal = 0.5 * box["height"] / np.tan(camera.fov / 2)
    x = box["x"] + box["width"] / 2 + focal * seen[:, 0] / seen[:, 2]
    y = box["y"] + box["height"] / 2 + focal * seen[:, 1] / seen[:, 2]
    front = int(np.argmin(np.where((x > 100) & (x < 950), seen[:, 2], np.inf)))
    tab.mouse.click(float(x[front]), float(y[front]))
    until(lambda: page.scene.chosen is not None)
    page.paused.value = False
    tab.get_by_text("partners", exact=False).first.wait_for(timeout=1000 * PATIENCE)
    tab.get_by_text("silence", exact=True).click()
    until(lambda: page.session.silenced.sum() == 1)
    assert page.session.silenced[page.scene.chosen]
    tab.get_by_text("143 neurons, 1 silenced, 0 driven").wait_for(timeout=1000 * PATIENCE)
    tab.get_by_text("release all").click()
    until(lambda: not page.session.silenced.any())


def test_a_silenced_class_ends_the_walk(live):
    page, tab, errors = live
    page.choose(next(i for i, group in enumerate(page.scene.groups) if group == "motor"))
    page.reach.value = "its class"
    falls = page.session.falls
    tab.get_by_text("silence", exact=True).click()
    until(lambda: page.session.falls > falls)
    assert page.session.silenced.sum() == page.scene.groups.count("motor")
    assert not errors


def test_other_machines_see_it_through_the_gate(live, browser):
    page, *_ = live
    with TokenGate("127.0.0.1", 0, page.server.get_port()) as gate, browser.new_context() as stranger:
        place, tab = f"http://127.0.0.1:{gate.port}/", stranger.new_page()
        assert tab.goto(place).status == 403
        tab.goto(f"{place}?token={gate.token}")
        assert tab.url == place
        tab.get_by_text("143 neurons", exact=False).first.wait_for(timeout=1000 * PATIENCE)


def test_it_draws_often_enough(live):
    page, _, _ = live
    before, began = page.drawn, time.monotonic()
    time.sleep(4)
    print(f"{(page.drawn - before) / (time.monotonic() - began):.1f} pictures a second")
    assert page.drawn > before + 8  # whatever else the machine does; 25 a second on two free cores


def test_a_page_without_a_server_plays(browser, tmp_path):
    file = write_page(player("walk"), tmp_path / "walk.html", seconds=1.0)
    assert 100_000 < file.stat().st_size < 8_000_000
    tab, errors = browser.new_page(), []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(f"file://{file}")
    tab.locator("canvas").first.wait_for(timeout=1000 * PATIENCE)
    assert not errors


def _matrix(quaternion: np.ndarray) -> np.ndarray:
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
