"""After training no synapse has changed sign and none has appeared, for every learner and network."""

import numpy as np
import pytest

from premotor.learning import LEARNERS
from premotor.networks import NETWORKS, CellTypeNetwork, is_baseline
from premotor.runs import build_circuit, load_experiment, train
from premotor.runs.yaml_text import dump_yaml
from premotor.tasks import WalkSettings, WalkTask
from tiny import tiny_settings


def wiring_of(circuit) -> tuple[dict[tuple[int, int], int], set[tuple[int, int]]]:
    """Sign of every synapse by (presynaptic, postsynaptic) position, and the pairs with gap junctions."""
    signs = circuit.neurons["sign"].to_numpy()
    table = circuit.synapses.toarray()
    chemical = {(i, j): int(signs[i]) for i, j in zip(*np.nonzero(table), strict=True) if signs[i]}
    gaps = circuit.gap_junctions
    pairs = set() if gaps is None else {(min(p), max(p)) for p in zip(*np.nonzero(gaps.toarray()), strict=True)}
    return chemical, {(int(a), int(b)) for a, b in pairs if a != b}


def effect_of(network) -> np.ndarray:
    """What each neuron receives of each other one's unit rate, (presynaptic, postsynaptic), from outside."""
    product = network.product()
    if isinstance(network, CellTypeNetwork):
        return np.asarray(network.wiring if product.wiring is None else product.wiring).sum(0).T
    return np.array(product(np.eye(network.neurons, dtype=np.float32))).T


WIRED = [kind for kind in NETWORKS if not is_baseline(kind)]
PPO_SOURCES = [("tiny", None), ("tiny", "rewired"), ("celegans", None)]
# every network and every learner, and the commonest pair on more circuits: a pair takes long to compile
CASES = [("ppo", "rate", *source) for source in PPO_SOURCES]
CASES += [("ppo", network, "tiny", None) for network in WIRED if network != "rate"]
CASES += [(learner, "rate", "tiny", None) for learner in LEARNERS if learner not in ("ppo", "cloning", "plasticity")]
# in `make test-slow`: a real circuit, whose learner and network are others' too; DDPG, of whose steps TD3's are made;
# SAC and evolution, which move the same arrays; layers, whose product is the rate network's
SLOW = [("ppo", "rate", "celegans", None), ("ddpg", "rate", "tiny", None)]
SLOW += [(learner, "rate", "tiny", None) for learner in ("sac", "evolution")] + [("ppo", "layered", "tiny", None)]
assert set(SLOW) <= set(CASES)


def learning_of(learner: str, network: str) -> dict:
    """A few quick iterations at a rate that is far too fast: it must hold whatever the optimiser does."""
    wanted = {
        **{"steps": 64, "environments": 4, "rollout": 4, "epochs": 1, "minibatches": 2, "critic_layers": [8]},
        **{"warm_up": 8, "batch_size": 4, "buffer_size": 64, "max_grad_norm": 1.0},
        **{"strategy": {"population": 4, "sigma": 0.3}, "episodes": 1, "longest": 8},
        # as fast as numbers stay finite: activity grows with every layer, and off-policy learners take more steps
        "learning_rate": 0.02 if learner != "ppo" else 0.1 if network == "layered" else 0.5,
    }
    known = LEARNERS.settings_class(learner).model_fields
    return {"kind": learner} | {name: value for name, value in wanted.items() if name in known}


def loop_lines() -> dict:
    """A few observations of the walk drive the sensory neurons, the motor neurons drive every joint."""
    task = WalkTask(WalkSettings())
    sensors = [{"sensor": name, "neurons": {"class": "sensory"}} for name in task.observation_names[:3]]
    units = {"neurons": {"class": "motor"}, "decoding": "motor-units"}
    drives = [{"actuator": name, **units} for name in task.action_names]
    return {"inputs": sensors, "outputs": drives}


@pytest.mark.parametrize(
    ("learner", "network", "source", "null"),
    [pytest.param(*case, marks=[pytest.mark.slow] if case in SLOW else []) for case in CASES],
)
def test_no_synapse_changes_sign_or_appears(learner, network, source, null, circuit_folder, tmp_path):
    place = circuit_folder if source == "tiny" else "celegans"
    settings = tiny_settings(
        place,
        circuit={"null": null},
        network={"kind": network},
    )
    if network == "cell-types":  # whose synapses stay as counted unless they are asked to learn
        settings["network"]["learning_rates"] = {"magnitudes": 1.0}
    if learner != "ppo":
        settings["maps"] = {"squash": "tanh"}
    if learner == "td3":  # maps line by line, from a file
        (tmp_path / "loop.yaml").write_text(dump_yaml(loop_lines()))
        settings["maps"]["loop"] = str(tmp_path / "loop.yaml")
    settings["learning"] = learning_of(learner, network)
    run = train(settings, output=tmp_path / "run", progress=False, finish=False)
    circuit = build_circuit(load_experiment(settings).circuit)  # from the source, not from the run folder
    chemical, gaps = wiring_of(circuit)
    (tmp_path / "loop.yaml").unlink(missing_ok=True)  # its lines are part of the run's settings
    for which in ("initial", "best", "last"):
        assert (run.controller(which).loop is not None) == (learner == "td3")
        trained = run.controller(which).network
        pre, post, weight = (np.asarray(x) for x in (trained.pre, trained.post, trained.weight))
        assert {(int(i), int(j)) for i, j in zip(pre, post, strict=True)} == set(chemical)
        assert all(np.sign(w) == chemical[i, j] for i, j, w in zip(pre, post, weight, strict=True))
        ends = zip(np.asarray(trained.junction_a), np.asarray(trained.junction_b), strict=True)
        assert {(int(min(p)), int(max(p))) for p in ends} == gaps
        assert (np.asarray(trained.conductance) > 0).all()
        # The same without trusting what the network says of itself; junctions act both ways.
        effect = effect_of(trained)
        electrical = gaps | {(j, i) for i, j in gaps} | {(i, i) for pair in gaps for i in pair}
        for i, j in zip(*np.nonzero(effect), strict=True):
            assert (i, j) in chemical or (i, j) in electrical
            if (i, j) not in electrical:
                assert np.sign(effect[i, j]) == chemical[i, j]
    first, last = run.controller("initial").network.weight, run.controller("last").network.weight
    assert np.abs(np.asarray(last) / np.asarray(first) - 1).max() > 1e-3, "learning moved no synapse"
