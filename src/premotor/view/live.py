"""The live page: a body and its neurons in any browser, with hands on both."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from premotor.connectome import Circuit
from premotor.errors import PremotorError
from premotor.files import write_atomically
from premotor.runs import Run
from premotor.runs.checkpoints import checkpoint_steps
from premotor.runs.evaluation import Lesion, lesions_of, silenced
from premotor.view.layout import REST, activity_raster, neuron_name, neuron_text
from premotor.view.scene import Scene
from premotor.view.session import KEPT, LiveSession

if TYPE_CHECKING:
    import viser

FRAMES, PLOTS = 25, 5
"""Pictures of the scene and of the plots, a second."""
SLOWEST, FASTEST = 0.05, 2.0
"""Over real time."""
WIDTH = 420
"""Of pictures in the panel, px."""
STANCE = (238, 119, 51)
DRIVE = 1.0
"""Current into a neuron that is driven, at first."""
HELP = "**Click a neuron**: its partners, and what it does to the body when it is silenced or driven."


class Recording(NamedTuple):
    """What a page records of itself."""

    serializer: "viser.infra.StateSerializer"
    until: float
    """Time of the episode up to which it goes, s."""
    length: float
    """s"""


class LivePage:
    """A session in the browser; `run` is its loop.

    Args:
        server: from `start_server`.
        session: what is shown.
        say: is told what was recorded where.
        speed: over real time, at first.
        beside: another controller of the same body, shown with it; commands and pushes are for both, what is done to
            neurons is not.

    Raises:
        PremotorError: a speed that the slider does not have, or another body beside it.
    """

    def __init__(
        self,
        server: "viser.ViserServer",
        session: LiveSession,
        say: Callable[[str], object] = print,
        speed: float = 1.0,
        beside: LiveSession | None = None,
    ):
        if not SLOWEST <= speed <= FASTEST:
            raise PremotorError(f"speed is {speed:g}; the live page runs at {SLOWEST:g} to {FASTEST:g} times real time")
        self.session, self.server, self._say, self.beside = session, server, say, beside
        self.sessions = [session] if beside is None else [session, beside]
        self.lock = threading.RLock()
        self.scene = Scene(server, session, beside)
        self.whole = session.controller
        """What plays, before a lesion."""
        self.drawn = 0
        """Pictures of the scene so far."""
        self.ended = False
        """Set it to end `run`."""
        self._recording: Recording | None = None
        server.gui.configure_theme(dark_mode=True, control_width="large", brand_color=(230, 120, 50))
        gui = server.gui
        self.headline = gui.add_markdown("starting …")
        self._plots(gui)
        with gui.add_folder("run"):
            self.paused = gui.add_checkbox("pause", initial_value=False)
            self.pace = gui.add_slider(
                "speed",
                min=SLOWEST,
                max=FASTEST,
                step=0.05,
                initial_value=speed,
                hint="over real time: 0.1 is slow motion",
            )
            self._does = gui.add_button_group("do", options=["one step", "new episode", "record 4 s"])
            self.run_folder = _run_of(session)
            steps = [] if self.run_folder is None else checkpoint_steps(self.run_folder.places.checkpoints_folder)
            self.checkpoint: viser.GuiDropdownHandle[str] | None = None
            if self.run_folder is not None:
                self.checkpoint = gui.add_dropdown(
                    "checkpoint", options=["as begun", "best", "initial", *map(str, steps)], initial_value="as begun"
                )
        self._body_controls(gui)
        with gui.add_folder("neuron"):
            self.about = gui.add_markdown(HELP)
            circuit = session.shown.circuit
            numbers = range(session.neurons)
            names = [str(i) if circuit is None else f"{i} {neuron_name(circuit, i)}" for i in numbers]
            self.which = gui.add_dropdown("neuron", options=["–", *names], initial_value="–")
            self.reach = gui.add_dropdown(
                "with", options=["it alone", "its type", "its class"], initial_value="it alone"
            )
            self.current = gui.add_slider("current", min=-5.0, max=5.0, step=0.1, initial_value=DRIVE)
            self.lesions = {} if circuit is None else _lesions(session, circuit)
            self.lesion: Any = gui.add_dropdown(
                "lesion",
                options=list(self.lesions) or ["intact"],
                initial_value="intact",
                hint="synapses that carry nothing",
            )
            self.acts = gui.add_button_group("do", options=["silence", "wake", "drive", "release all"])
        self._wire()

    def _body_controls(self, gui: "viser.GuiApi") -> None:
        session = self.session
        commanded = session.commanded
        if commanded is None and not session.body.feet:
            return
        with gui.add_folder("body"):
            if commanded is not None:
                low, high = session.task.commanded_speeds or (0.0, 2 * abs(commanded) or 1.0)
                spread = 0.5 * (high - low) or 0.5 * abs(high)
                step = float(f"{(high - low + 2 * spread) / 100:.1g}") or 0.01
                command = gui.add_slider(
                    f"command, {session.task.speed_unit}",
                    min=round(low - spread, 3),
                    max=round(high + spread, 3),
                    step=step,
                    initial_value=round(commanded, 3),
                    hint=f"learnt from {low:g} to {high:g}",
                )

                @command.on_update
                def _(_: object) -> None:
                    for each in self.sessions:
                        each.command = float(command.value)

            if session.body.feet and "root_x" in session.body.joint_names:
                unit = abs(commanded) if commanded else 1.0
                push = gui.add_button_group("push", options=["back", "forward"])

                @push.on_click
                def _(_: object) -> None:
                    with self.lock:
                        for each in self.sessions:
                            each.push(0.5 * unit * (1 if push.value == "forward" else -1))

    def _plots(self, gui: "viser.GuiApi") -> None:
        from viser import uplot

        session = self.session
        blank = np.zeros((60, WIDTH, 3), np.uint8)
        with gui.add_folder("activity"):
            self.raster = gui.add_image(blank, label=f"all neurons, the last {KEPT:g} s", format="png")
            time_axis = np.linspace(-KEPT, 0, 2)
            series = (uplot.Series(label="s"), uplot.Series(label="rate", stroke="#e67832", width=2))
            self.trace = gui.add_uplot(
                (time_axis, np.zeros(2)),
                series,
                scales={"x": uplot.Scale(time=False)},
                legend=uplot.Legend(show=False),
                height=110,
                title="rate of the chosen neuron",
                visible=False,
            )
            self._feet = list(session.body.feet)
            self.gait = gui.add_image(blank, label="feet on the ground", format="png") if self._feet else None

    def _wire(self) -> None:
        @self.scene.neurons.on_click
        def _(event: "viser.SceneNodePointerEvent") -> None:
            self.choose(event.instance_index)

        @self.which.on_update
        def _(_: object) -> None:
            chosen = str(self.which.value)
            self.choose(None if chosen == "–" else int(chosen.split()[0]))

        @self.lesion.on_update
        def _(_: object) -> None:
            with self.lock:
                if self.lesion.value in self.lesions:
                    self.session.use(silenced(self.whole, self.lesions[self.lesion.value]))

        if self.checkpoint is not None:
            self.checkpoint.on_update(lambda _: self.use_checkpoint())

        @self.acts.on_click
        def _(_: object) -> None:
            chosen, does = self.meant(), self.acts.value
            if not len(chosen) and does != "release all":
                self.about.content = f"**Choose a neuron first.** {HELP}"
                return
            with self.lock:
                if does == "release all":
                    self.session.release()
                elif does == "drive":
                    try:
                        self.session.disturb(chosen, drive=float(self.current.value))
                    except PremotorError as error:
                        self.about.content = f"**{error}**"
                else:
                    self.session.disturb(chosen, silence=does == "silence")

        @self._does.on_click
        def _(_: object) -> None:
            with self.lock:
                if self._does.value == "one step":
                    self._step()
                    self.draw()
                elif self._does.value == "new episode":
                    for each in self.sessions:
                        each.restart()
                elif self._recording is None:
                    self._recording = Recording(self.server.get_scene_serializer(), self.session.elapsed, 0.0)

    def _step(self) -> None:
        for each in self.sessions:
            each.step()

    def use_checkpoint(self) -> None:
        """Go on with the checkpoint that was chosen, and with no lesion."""
        chosen = "as begun" if self.checkpoint is None else str(self.checkpoint.value)
        with self.lock:
            if chosen == "as begun" or self.run_folder is None:
                self.whole = self.session.shown.controller
            else:
                try:
                    self.whole = self.run_folder.controller(chosen if chosen in ("best", "initial") else int(chosen))
                except PremotorError as error:
                    self.about.content = f"**{error}**"
                    return
            self.lesion.value = "intact"
            self.session.use(self.whole)

    def choose(self, neuron: int | None) -> None:
        """Show a neuron's synapses, partners and trace."""
        with self.lock:
            self.scene.choose(neuron)
            if neuron is None:
                self.about.content = HELP
                return
            self.about.content = neuron_text(self.session.shown.circuit, neuron, self.scene.groups[neuron])

    def meant(self) -> np.ndarray:
        """The neurons that a button acts on: the chosen one, its type or its class."""
        chosen, circuit = self.scene.chosen, self.session.shown.circuit
        if chosen is None:
            return np.zeros(0, np.intp)
        if self.reach.value == "its class":
            return np.flatnonzero(np.asarray(self.scene.groups) == self.scene.groups[chosen])
        if self.reach.value == "its type" and circuit is not None:
            types = circuit.neurons["type"].to_numpy()
            return np.flatnonzero(types == types[chosen])
        return np.array([chosen])

    def draw(self) -> None:
        """Bring the scene up to date, and the recording if there is one."""
        self.scene.update()
        self.drawn += 1
        if self._recording is not None:
            serializer, before, length = self._recording
            passed = max(0.0, self.session.elapsed - before)
            serializer.insert_sleep(passed)
            self._recording = Recording(serializer, self.session.elapsed, length + passed)
            if length + passed >= KEPT:
                self._recording = None
                file = self.session.shown.folder / "live.html"
                file.parent.mkdir(exist_ok=True)
                write_atomically(file, serializer.as_html(dark_mode=True).encode())
                self._say(f"recorded: {file}")
                self.server.gui.add_markdown(f"recorded: `{file}`")

    def draw_plots(self) -> None:
        """Bring headline, raster, trace and gait diagram up to date."""
        session = self.session
        if len(session.past) < 2:
            return
        command = session.commanded
        asked = f", commanded {command:.2f}" if command is not None else ""
        off, driven = int(session.silenced.sum()), int((session.drive != 0).sum())
        self.headline.content = (
            f"## {session.shown.name}\n\n**{session.measures()}**{asked}\n\n"
            f"{session.neurons} neurons, {off} silenced, {driven} driven"
        )
        if self.beside is not None and len(self.beside.past) > 1:
            self.headline.content += f"\n\nbeside it, {self.beside.shown.name}: **{self.beside.measures()}**"
        rates = session.history("rates")
        self.raster.image = self._picture(activity_raster(rates, self.scene.groups, session.silenced), 150)
        moments = session.history("time") - session.elapsed
        chosen = self.scene.chosen
        self.trace.visible = chosen is not None
        if chosen is not None:
            self.trace.data = (moments.astype(float), rates[:, chosen].astype(float))
        if self.gait is not None:
            down = session.history("contact").T > 0
            feet = np.where(down[..., None], STANCE, REST // 2).astype(np.uint8)
            self.gait.image = self._picture(feet, 14 * len(feet))

    def _picture(self, rows: np.ndarray, height: int) -> np.ndarray:
        """Rows over time at the size at which they are shown, the present at the right edge."""
        whole = self.session.past.maxlen or rows.shape[1]
        before = np.full((len(rows), whole - rows.shape[1], 3), REST // 2, np.uint8)
        rows = np.concatenate([before, rows], axis=1)
        at = np.arange(height) * len(rows) // height, np.arange(WIDTH) * rows.shape[1] // WIDTH
        return rows[np.ix_(*at)]

    def run(self, seconds: float | None = None) -> None:
        """Run in real time (times the slider's speed) until `seconds` are over, or `ended` is set."""
        began = due = time.monotonic()
        drawn = plotted = 0.0
        period = self.session.task.control_period
        while not self.ended and (seconds is None or time.monotonic() - began < seconds):
            with self.lock:
                if not self.paused.value:
                    self._step()
                now = time.monotonic()
                if now - drawn >= 1 / FRAMES:
                    drawn = now
                    self.draw()
                if now - plotted >= 1 / PLOTS:
                    plotted = now
                    self.draw_plots()
            due = max(due + period / float(self.pace.value), time.monotonic() - 0.1)
            time.sleep(max(0.0, due - time.monotonic()))


def _run_of(session: LiveSession) -> Run | None:
    """The run whose controller plays; None for a preset."""
    place = session.shown.folder.parent
    return Run(place) if session.shown.folder.name == "video" and (place / "settings.yaml").exists() else None


def _lesions(session: LiveSession, circuit: Circuit) -> dict[str, Lesion]:
    return {lesion.name: lesion for lesion in lesions_of(session.shown.controller, circuit.neurons, types=False)}
