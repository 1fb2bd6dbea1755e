"""The live page as a picture: python scripts/picture_live.py fly-legs docs/data/live-fly.gif.

Opens the page in a headless Chromium and writes a PNG, or a GIF of three seconds in slow motion.
"""

import argparse
import io
import shutil
import threading
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from premotor.runs import player
from premotor.view import LivePage, LiveSession, start_server

FRAMES, PAUSE = 36, 80
"""Of a GIF, and ms between two of them."""
SIZE = (1400, 820)
FLAGS = ("--no-sandbox", "--use-gl=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking")
HIDDEN = ".mantine-Notification-root { display: none !important; }"


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--neuron", type=int, help="one to choose, by its position")
    parser.add_argument("--width", type=int, default=840, help="of a GIF, px")
    parser.add_argument("--step", type=int, default=1, help="control steps from frame to frame")
    given = parser.parse_args()
    page = LivePage(start_server("127.0.0.1", 0), LiveSession(player(given.run)))
    running = threading.Thread(target=page.run, args=(3600.0,), daemon=True)
    running.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        tab = browser.new_page(viewport=dict(zip(("width", "height"), SIZE, strict=True)))
        tab.goto(f"http://127.0.0.1:{page.server.get_port()}")
        tab.add_style_tag(content=HIDDEN)
        time.sleep(12)
        if given.neuron is not None:
            page.choose(given.neuron)
            time.sleep(3)
        if given.picture.suffix == ".png":
            tab.screenshot(path=given.picture)
        else:
            page.paused.value = True
            frames = []
            for _ in range(FRAMES):
                with page.lock:
                    for _ in range(given.step):
                        page.session.step()
                    page.draw()
                    page.draw_plots()
                time.sleep(0.25)
                frame = Image.open(io.BytesIO(tab.screenshot()))
                frames.append(frame.convert("RGB").resize((given.width, given.width * SIZE[1] // SIZE[0])))
            first, *rest = [frame.quantize(96, dither=Image.Dither.NONE) for frame in frames]
            first.save(given.picture, save_all=True, append_images=rest, duration=PAUSE, loop=0, optimize=True)
        browser.close()
    page.ended = True
    running.join()
    print(f"{given.picture}: {given.picture.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
