"""A run folder made up from formulas, in the very format of real ones: what it shows is known."""

import json

import numpy as np
import pandas as pd
from safetensors.numpy import save_file
from scipy.sparse import csr_array

from premotor.connectome import Circuit, Provenance
from premotor.learning.trees import flatten
from premotor.runs.building import controller_for
from premotor.runs.loading import dump_settings, load_experiment
from premotor.tasks import build_task

CLASSES = ["sensory"] * 10 + ["interneuron"] * 18 + ["motor"] * 12
STEPS_PER_EVALUATION = 100_000


def small_circuit(seed=0):
    """Forty neurons of three classes with gap junctions."""
    random = np.random.default_rng(seed)
    size = len(CLASSES)
    names = np.array(CLASSES)
    allowed = (names[:, None] != "motor") & (names[None, :] != "sensory")
    count = random.integers(1, 40, (size, size)) * (random.random((size, size)) < 0.35) * allowed
    gaps = np.triu(random.integers(1, 6, (size, size)) * (random.random((size, size)) < 0.05), 1)
    neurons = pd.DataFrame(
        {
            "type": [f"{c[:2].upper()}{i:02d}" for i, c in enumerate(CLASSES)],
            "class": CLASSES,
            "transmitter": random.choice(["acetylcholine", "gaba"], size, p=[0.65, 0.35]),
            "sign": np.zeros(size, np.int8),
            "side": np.where(np.arange(size) % 2, "right", "left"),
        },
        index=pd.Index(np.arange(size) + 1000, name="id"),
    )
    neurons["sign"] = np.where(neurons["transmitter"] == "gaba", -1, 1).astype(np.int8)
    provenance = Provenance(
        dataset="Synthetic worm",
        version="1",
        citation="Nobody et al. (2024), Journal of Formulas 1:1.",
        steps=(
            {
                "operation": "read",
                "arguments": {"source": "formula"},
                "neurons": 60,
                "edges": 900,
                "synapses": 9000,
            },
            {
                "operation": "select",
                "arguments": {"class": "sensory|interneuron|motor"},
                "neurons": size,
                "edges": int((count > 0).sum()),
                "synapses": int(count.sum()),
                "dropped": {"neurons": 60 - size, "edges": 900 - int((count > 0).sum())},
            },
        ),
    )
    junctions = gaps + gaps.T
    return Circuit(neurons, csr_array(count), csr_array(junctions) if junctions.any() else None, provenance)


def make_run(folder, *, seed=0, quality=1.0, null=None, parts=("evaluations", "best", "trace", "lesions")):
    """Write a run folder; `quality` in [0, 1] is how well it walks, `parts` what it holds."""
    overrides = {
        "name": folder.name,
        "seed": seed,
        "learning.steps": 1_000_000,
        "maps.inputs.minimum_hops": 0,
    }
    if null:
        overrides |= {"circuit.null": null, "circuit.null_seed": 0}
    experiment = load_experiment({}, overrides)
    folder.mkdir(parents=True)
    (folder / "settings.yaml").write_text(dump_settings(experiment))
    circuit = small_circuit()
    circuit.save(folder / "circuit")
    circuit_task = build_task(experiment.task)
    controller = controller_for(circuit, circuit_task, experiment, calibrate=False)
    arrays = flatten(controller)
    (folder / "initial").mkdir()
    save_file(arrays, folder / "initial" / "controller.safetensors")
    (folder / "provenance.json").write_text(json.dumps(provenance_record(seed)))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in metrics(seed, quality)))
    last = folder / "checkpoints" / "000001007616"
    last.mkdir(parents=True)
    (last / "state.json").write_text(json.dumps({"format": 1, "step": 1_007_616, "finished": "steps"}))
    (folder / "evaluations").mkdir()
    curve = evaluations(seed, quality)
    if "evaluations" in parts:
        for row in curve:
            (folder / "evaluations" / f"{row['step']:012d}.json").write_text(json.dumps(row))
    if "best" in parts:
        learnt = dict(arrays)
        random = np.random.default_rng(seed + 1)
        magnitude = learnt["network/log_magnitude"]
        learnt["network/log_magnitude"] = (magnitude + random.normal(0.1, 0.6, magnitude.shape)).astype(np.float32)
        (folder / "best").mkdir()
        save_file(learnt, folder / "best" / "controller.safetensors")
        (folder / "best" / "best.json").write_text(json.dumps(max(curve, key=lambda row: row["score"])))
    if "trace" in parts:
        save_file(trace(circuit_task, seed), folder / "evaluations" / "trace.safetensors")
        test = {**curve[-1], "checkpoint": "best", "seed": 2000}
        (folder / "evaluations" / "test.json").write_text(json.dumps(test))
    if "lesions" in parts:
        (folder / "lesions.json").write_text(json.dumps(lesions()))
    return folder


def make_comparison(folder, *, nulls=3, seeds=2, runs=True):
    """Write a comparison folder and return its path; without `runs` it holds comparison.json alone."""
    rows = []
    for seed in range(seeds):
        members = [("connectome", None, 1.0), *(("rewired", k, 0.75 + 0.05 * k) for k in range(nulls))]
        for wiring, null_seed, quality in members:
            name = f"{wiring}-s{seed}" if null_seed is None else f"{wiring}-{null_seed}-s{seed}"
            if runs:
                null = None if null_seed is None else wiring
                make_run(folder / "runs" / name, seed=10 * seed + (null_seed or 0), quality=quality, null=null)
            last = evaluations(10 * seed + (null_seed or 0), quality)[-1]
            figures = {key: last[key] for key in ("score", "survived", "speed", "speed_error")}
            row = {"name": name, "wiring": wiring, "null_seed": null_seed, "seed": seed, "steps": 1_007_616}
            rows.append(row | figures)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "comparison.json").write_text(json.dumps({"rows": rows, "summary": [], "test": []}))
    return folder


def provenance_record(seed):
    """What `premotor train` notes down."""
    return {
        "seed": seed,
        "data": {"circuit/neurons.csv": "ab" * 32, "circuit/connections.csv": "cd" * 32},
        "sessions": [
            {
                "from_step": 0,
                "started": "2024-11-21T03:00:00+00:00",
                "command": ["premotor", "train", "walk", "--seed", str(seed)],
                "versions": {"python": "3.12.1", "premotor": "0.1.0", "jax": "0.8.0", "mujoco": "3.17.0"},
                "revision": "0123456789abcdef0123456789abcdef01234567",
                "machine": {"platform": "Linux", "machine": "x86_64", "cores": 2},
            }
        ],
    }


def metrics(seed, quality, iterations=123):
    """One row an iteration, as a learner gives them; the first has no finished episode."""
    random = np.random.default_rng(seed)
    for i in range(1, iterations + 1):
        progress = 1 - np.exp(-i / 30)
        noise = random.normal(0, 1, 8)
        row = {
            "reward/imitation": 0.1 + 0.3 * quality * progress + 0.01 * noise[0],
            "reward/goal": 0.05 + 0.35 * quality * progress + 0.01 * noise[1],
            "reward/effort": -0.03 - 0.002 * noise[2],
            "reward/fall": -0.12 * (1 - quality * progress),
            "episodes": 20.0,
            "reward": 0.7 * progress,
            "return": 300 * quality * progress + 10 * noise[3],
            "episode_length": 40 + 440 * quality * progress + 10 * noise[4],
            "policy_loss": -0.01 - 0.004 * noise[5],
            "value_loss": 3 * np.exp(-i / 25) + 0.2 + 0.05 * abs(noise[6]),
            "kl": 0.01 + 0.003 * abs(noise[7]),
            "clipped_fraction": 0.1,
            "gradient_norm": 0.6,
            "learning_rate": 1e-3 * 1.2 ** (i % 7 - 3),
            "action_spread": 0.5 * np.exp(-i / 100),
            "explained_variance": 0.95 * progress,
            "steps_per_second": 5600 + 200 * noise[0],
            "iteration": i,
            "steps": i * 8192,
            "seconds": i * 8192 / 5600,
        }
        if i == 1:
            row["return"] = row["episode_length"] = None
        yield row


def evaluations(seed, quality):
    """Figures of the evaluations during learning."""
    random = np.random.default_rng(seed + 7)
    rows = []
    for i in range(1, 11):
        progress = quality * (1 - np.exp(-i / 2.5))
        speed = 1.37 * (0.3 + 0.69 * progress) + random.normal(0, 0.01)
        survived = round(50 * min(1.0, max(0.0, 1.05 * progress + random.normal(0, 0.02)))) / 50
        error = abs(speed - 1.37) / 1.37
        rows.append(
            {
                "step": i * STEPS_PER_EVALUATION,
                "episodes": 50,
                "seconds_per_episode": 10.0,
                "return": 300 * progress,
                "survived": survived,
                "speed": speed,
                "speed_sd": 0.05,
                "command": 1.37,
                "speed_error": error,
                "distance": 10 * speed * survived,
                "score": max(0.0, survived * (1 - 2 * error)),
                "stride_frequency": 0.93,
                "spectral_frequency": 0.93,
                "stride_length": 1.45,
                "duty_factor": 0.63,
                "double_support": 0.26,
                "limb_phase": 0.5,
                "symmetry_index": 0.01,
                "joint_rmse": 0.1,
                "action_smoothness": 0.004,
                "sparc": None,
            }
        )
    return rows


def trace(task, seed, steps=501, episodes=12):
    """States of a walk along the reference with slow drifts and noise; episode 1 falls after six seconds."""
    random = np.random.default_rng(seed + 3)
    gait = task.reference
    time = np.arange(steps) * task.control_period
    command = random.uniform(1.25, 1.5, episodes)
    start = random.uniform(0, 2 * np.pi, episodes)
    wobble = 0.15 * np.sin(2 * np.pi * 0.21 * time[:, None] + start)
    turns = 2 * np.pi / gait.stride_period * command / gait.speed * time[:, None]
    phase = start + turns + wobble
    qpos = gait.qpos(phase)
    qpos[:, :, 0] -= qpos[:1, :, 0]
    qvel = gait.qvel(phase) * (command / gait.speed)[None, :, None]
    order = [3 + gait.joint_names.index(name) for name in task.body.actuator_names]
    moved = list(task.body.actuated_qpos)
    qpos[:, :, moved] = qpos[:, :, order] + 0.03 * random.normal(size=(steps, episodes, 6)).cumsum(0) / 15
    qvel[:, :, moved] = qvel[:, :, order] + 0.3 * random.normal(size=(steps, episodes, 6))
    alive = np.ones((steps, episodes))
    alive[300:, 1] = 0
    return {
        "time": time.astype(np.float32),
        "qpos": qpos.astype(np.float32),
        "qvel": qvel.astype(np.float32),
        "action": (0.5 * np.sin(phase[:, :, None] + np.arange(6)) + 0.05 * random.normal(size=(steps, episodes, 6)))
        .clip(-1, 1)
        .astype(np.float32),
        "contact": gait.contact(phase).astype(np.float32),
        "command": command.astype(np.float32),
        "alive": alive.astype(np.float32),
        "phase": np.mod(phase, 2 * np.pi).astype(np.float32),
        "rates": rates(phase[:, 0], random).astype(np.float32),
        "reward": np.full((steps, episodes), 0.8, np.float32),
    }


def rates(phase, random):
    """Motor and most interneurons are tuned to the phase, sensory ones are noisier, four are silent."""
    size = len(CLASSES)
    tuning = {"sensory": 0.3, "interneuron": 0.6, "motor": 0.95}
    depth = np.array([tuning[c] for c in CLASSES])
    preferred = random.uniform(0, 2 * np.pi, size)
    base = random.uniform(0.1, 0.5, size)
    values = base * (1 + depth * np.cos(phase[:, None] - preferred)) + 0.04 * random.normal(size=(len(phase), size))
    values[:, [5, 15, 20, 30]] = 0
    return np.maximum(values, 0)


def lesions():
    """What silencing groups of synapses does."""
    rows = [
        ("sensory → interneuron", "sensory", "interneuron", "chemical", 0.0, 0.31),
        ("sensory → motor", "sensory", "motor", "chemical", 0.62, 1.21),
        ("interneuron → interneuron", "interneuron", "interneuron", "chemical", 0.04, 0.52),
        ("interneuron → motor", "interneuron", "motor", "chemical", 0.0, 0.05),
        ("gap junctions", "", "", "electrical", 0.9, 1.33),
    ]
    return [
        {
            "name": name,
            "pre": pre,
            "post": post,
            "kind": kind,
            "synapses": 100,
            "survived": survived,
            "speed": speed,
            "score": survived * 0.9,
        }
        for name, pre, post, kind, survived, speed in rows
    ]
