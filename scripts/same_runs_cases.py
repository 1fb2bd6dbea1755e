"""The cases of `same_runs.py`: every preset and every command that computes, as small as they get."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Step(NamedTuple):
    """A step of a case, words of a command or a change of a file, for the old version and for the present one."""

    then: list[str]
    now: list[str]

    def __repr__(self) -> str:
        """What the present version is asked for."""
        return " ".join(self.now[1:])


def run(words: str, now: str | None = None) -> Step:
    """`premotor WORDS`; `now` where the present version has other words for it."""
    return Step(["run", words], ["run", words if now is None else now])


def replace(file: str, old: str, new: str) -> Step:
    """A line of a settings file changed, as a user does."""
    return Step(["replace", file, old, new], ["replace", file, old, new])


def write(file: str, text: str) -> Step:
    """A file written."""
    return Step(["write", file, text], ["write", file, text])


@dataclass(frozen=True)
class Case:
    """Commands that are run in a folder of their own."""

    name: str
    steps: tuple[Step, ...]
    inputs: dict[str, str] = field(default_factory=dict)
    """Folders of the old commit that both versions read, by their name below inputs/."""

    def fingerprint(self, new: bool) -> Any:
        """What a kept result of the old version, or of one that takes the words of the present one, depends on."""
        return [[step.now if new else step.then for step in self.steps], self.inputs]


SHORT = (
    "--evaluation.every_steps 32 --evaluation.episodes 2 "
    "--checkpoints.every_seconds null --checkpoints.every_steps 32 --episodes 2"
)
PPO = f"{SHORT} --learning.steps 64 --learning.environments 4 --learning.rollout 4 --learning.epochs 1 --learning.minibatches 2"  # noqa: E501
OFF = f"{SHORT} --learning.steps 64 --learning.environments 2 --learning.rollout 8 --learning.warm_up 16 --learning.batch 4 --learning.updates 0.5"  # noqa: E501
BRIEF = "--evaluation.seconds 0.2"
ALONE = "--learning.environments 1 --learning.updates 1"
QUIET = "--threads 1 --no-report -o run"
CLONING = "--cloning.iterations 6 --cloning.steps 4"
EVOLUTION = (
    "--learning.iterations 2 --learning.strategy.population 4 --evaluation.every 1 --evaluation.episodes 2 --episodes 3"
)
PLASTIC = (
    "--learning.episodes 6 --learning.steps 400 --evaluation.every 1 --evaluation.episodes 2 --checkpoints.every 1 "
    "--episodes 3"
)
LYAPUNOV = "--length 30 --neurons 16 --exponents 3 --t-ons 1 --no-figures"
NEURONS = """id,type,class,transmitter,side
1,SE0,sensory,acetylcholine,left
2,SE0,sensory,acetylcholine,right
3,IN0,interneuron,acetylcholine,left
4,IN0,interneuron,gaba,right
5,MO0,motor,acetylcholine,left
6,MO0,motor,acetylcholine,right
"""
CONNECTIONS = """pre,post,count
1,3,4
1,4,5
2,3,6
2,4,3
3,4,7
4,3,5
3,5,4
4,5,2
3,6,3
4,6,6
5,3,1
"""
CIRCUIT = (write("inputs/tiny/neurons.csv", NEURONS), write("inputs/tiny/connections.csv", CONNECTIONS))
TINY_CIRCUIT = "--circuit.source inputs/tiny"
NULL = "--nulls 1 --seeds 1 --null shuffled_weights"
TINY = f"{TINY_CIRCUIT} --learning.critic_layers [8]"
CPG = """name: cpg
seconds: 0.5
replicates: 2
circuit: {source: fly-cpg}
model: {kind: vnc}
drives: [{neurons: {type: DNg100}, amplitude: 250}]
"""
FORMER_WALK = """name: walk
circuit: {source: celegans}
task: {kind: walk}
learning: {kind: ppo, steps: 2500000}
evaluation: {every_steps: 200000, episodes: 50, seconds: 10}
"""
WALK = write("walk.yaml", FORMER_WALK)
"""The preset `walk` as it was: what it asks for now, no former version knows."""
TRANSIENT = write("short.yaml", "transient: 10\n")


CASES: tuple[Case, ...] = (
    # rate and plain networks by PPO
    Case(
        "walk",
        (
            WALK,
            run(f"train walk.yaml {PPO} {BRIEF} {QUIET}"),
            replace("run/settings.yaml", "  steps: 64", "  steps: 96"),
            run("resume run --episodes 2 --no-report"),
            run("evaluate run --episodes 3 --seconds 0.3 --checkpoint last"),
            run("play run --video walk.mp4 --seconds 0.1"),
            run("report run"),
        ),
    ),
    Case("walk-gru", (WALK, run(f"train walk.yaml --network.kind gru {PPO} {BRIEF} {QUIET}"),)),
    Case(
        "walk-layered",
        (
            WALK,
            *CIRCUIT,
            run(f"train walk.yaml {TINY} --network.kind layered --circuit.null shuffled_weights {PPO} {BRIEF} {QUIET}"),
        ),
    ),
    Case("bipedal", (run(f"train bipedal {PPO} {QUIET} --evaluation.confirm 2"), run("report run"))),
    Case("bipedal-imitation", (run(f"train bipedal-imitation {PPO} {CLONING} --evaluation.confirm 2 {QUIET}"),)),
    Case("bipedal-walk", (run(f"train bipedal-walk {PPO} {CLONING} --evaluation.confirm 2 {QUIET}"),)),
    Case("bipedal-expert", (run(f"train bipedal-expert {PPO} {QUIET}"),)),
    Case("fly-stand", (run(f"train fly-stand {PPO} {BRIEF} {QUIET}"),)),
    Case("fly-walk", (run(f"train fly-walk {PPO} {BRIEF} {CLONING} {QUIET}"), run("report run"))),
    Case(
        "fly-legs",
        (
            run(
                f"train fly-legs --circuit.source inputs/fly-legs {PPO} {BRIEF} {CLONING} --cloning.rounds 1 "
                f"--cloning.round_steps 4 --cloning.round_iterations 4 {QUIET}"
            ),
        ),
        {"fly-legs": "src/premotor/policies/fly-legs/circuit"},
    ),
    Case(
        "gymnasium",
        (
            run(f"train gymnasium --task.id Pendulum-v1 {PPO} {QUIET}"),
            run(f"train gymnasium --task.id CartPole-v1 {PPO} --threads 1 --no-report -o discrete"),
        ),
    ),
    # off-policy
    Case(
        "pendulum",
        (
            run(f"train pendulum {OFF} {QUIET}"),
            replace("run/settings.yaml", "  steps: 64", "  steps: 96"),
            run("resume run --episodes 2 --no-report"),
            run(f"train pendulum --learning.kind td3 {OFF} --threads 1 --no-report -o td3"),
            run(f"train pendulum --learning.kind ddpg {OFF} --threads 1 --no-report -o ddpg"),
        ),
    ),
    Case("arm", (run(f"train arm {OFF} {BRIEF} {QUIET}"), run("report run"))),
    Case("arm-original", (run(f"train arm-original {OFF} {BRIEF} {ALONE} {QUIET}"),)),
    Case("arm-celegans", (run(f"train arm-celegans {OFF} {BRIEF} {QUIET}"),)),
    Case("arm-loop", (run(f"train arm-loop {OFF} {BRIEF} {QUIET}"),)),
    # spiking
    Case(
        "cartpole-stdp",
        (
            run(f"train cartpole-stdp {PLASTIC} {QUIET}"),
            replace("run/settings.yaml", "  episodes: 6", "  episodes: 10"),
            run("resume run --episodes 3"),
            run("evaluate run --episodes 3 --checkpoint last"),
            run("spiking evaluate run --episodes 3 --rerun 2 --learning"),
            run("spiking export run"),
            run("spiking critic run --kind balance"),
            run("analyse all run"),
            run("analyse models before=run@initial after=run --episodes 3 -o models"),
            run("analyse starts run --starts 1 --repeats 2 --episodes 3 -o starts"),
            run("spiking continue run --learning.steps 200 --episodes 2 --no-report -o again"),
        ),
    ),
    Case("cartpole-stdp-published", (run(f"train cartpole-stdp-published {PLASTIC} {QUIET}"),)),
    Case(
        "cartpole-evolution",
        (
            run(f"train cartpole-evolution {EVOLUTION} {QUIET}"),
            replace("run/settings.yaml", "  iterations: 2", "  iterations: 3"),
            run("resume run --episodes 2 --no-report"),
            run(f"train cartpole-evolution --learning.strategy.kind multiplicative {EVOLUTION} --no-report -o other"),
        ),
    ),
    Case("cartpole-surrogate", (run(f"train cartpole-surrogate {PPO} {QUIET}"),)),
    Case("cartpole-celegans", (run(f"train cartpole-celegans {EVOLUTION} {QUIET}"),)),
    Case("spiking-seeds", (run(f"spiking seeds cartpole-stdp --wirings 2 --jobs 1 {PLASTIC} -o run"),)),
    # simulations
    Case("simulate-vnc", (run("simulate fly-cpg --seconds 0.5 --replicates 4 -o run"), run("report run"))),
    Case(
        "simulate-rate",
        (run("simulate celegans --model rate --drive class=sensory:0.5 --seconds 0.6 --no-figures -o run"),),
    ),
    Case(
        "simulate-lif",
        (
            run(
                "simulate celegans --model lif --drive type=PLM:poisson,rate=150 --seconds 0.6 --threads 1 "
                "-o run --no-figures"
            ),
        ),
    ),
    Case("simulate-screen", (run("simulate fly-cpg --seconds 0.4 --replicates 2 --screen all -o run"),)),
    Case("simulate-prune", (run("simulate fly-cpg --seconds 0.4 --replicates 2 --prune -o run"),)),
    # dynamics
    Case("convergence", (TRANSIENT, run(f"dynamics convergence short.yaml {LYAPUNOV} --samples 2 -o run"))),
    Case(
        "transition",
        (
            TRANSIENT,
            run(f"dynamics transition short.yaml {LYAPUNOV} --values 2 --samples 2 --threads 1 -o run"),
            run("report run"),
        ),
    ),
    Case(
        "spectrum",
        (
            write("short.yaml", "sigmas: [1.0, 8.0]\n"),
            run(f"dynamics spectrum short.yaml {LYAPUNOV} --samples 2 --threads 1 -o run"),
        ),
    ),
    Case(
        "spectrum-training",
        (
            run(
                "dynamics train --neurons 12 --samples 2 --exponents 3 --epochs 3 --length 10 --t-ons 1 "
                "--learning.transient 5 --learning.frame_transient 2 --learning.gradient.window 5 --verify.states 2 "
                "--weights-count 40 --no-figures -o run"
            ),
            run(
                "dynamics train --neurons 12 --samples 1 --exponents 2 --epochs 2 --length 10 --t-ons 1 --task "
                "--learning.transient 5 --learning.frame_transient 2 --learning.gradient.window 5 --verify.states 2 "
                "--no-figures -o task"
            ),
            run("report run"),
        ),
    ),
    Case(
        "spectrum-training-circuit",
        (
            run(
                "dynamics train --circuit fly-cpg --model rate --nulls 1 --exponents 1 --epochs 2 --length 4 "
                "--learning.transient 2 --learning.frame_transient 1 --verify.states 1 --no-figures -o run"
            ),
        ),
    ),
    # other commands
    Case(
        "sequence",
        (
            WALK,
            run("sequence walk.yaml --iterations 3 --batch 4"),
            *CIRCUIT,
            run(f"sequence walk.yaml --network.kind layered {TINY_CIRCUIT} --iterations 3 --batch 4"),
            run("sequence walk.yaml --network.kind mlp --iterations 3 --batch 4"),
        ),
    ),
    Case(
        "compare",
        (
            WALK,
            *CIRCUIT,
            run(f"compare walk.yaml {TINY} {NULL} --plain mlp --jobs 1 {PPO} {BRIEF} -o run"),
        ),
    ),
    Case(
        "sweep",
        (
            run(
                f'sweep pendulum --search "learning.learning_rate=[1e-3, 1e-4]" --sampler grid --jobs 1 {OFF} -o run'
            ),
        ),
    ),
    Case(
        "sweep-spiking",
        (run(f'sweep cartpole-stdp --search "plasticity.targeting.other=-1..0" --trials 2 --jobs 1 {PLASTIC} -o run'),
         run("analyse sweep run")),
    ),
    Case(
        "sweep-simulate",
        (
            write("cpg.yaml", CPG),
            run('sweep cpg.yaml --search "model.weight=0.01..0.04" --trials 2 --jobs 1 -o run'),
        ),
    ),
    Case(
        "circuits",
        (
            run("circuit build celegans -o part --select class=interneuron|motor --min-synapses 3"),
            run("circuit export celegans --format sonata -o worm"),
            run("circuit info celegans"),
            run("circuit loop arm-loop --figure loop.png"),
        ),
    ),
    Case("references", (run("reference make -o walk.csv --speed 1.0"), run("reference make fly-tripod -o fly.csv"))),
)  # fmt: skip
