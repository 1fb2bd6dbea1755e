"""Six legs from one: the leg's own wiring in each, coupling that holds its neurons' signs, modules that move joints."""

import mujoco
import numpy as np
import pytest

from premotor.bodies import build_fly
from premotor.cli import main
from premotor.connectome import load_circuit, nulls, six_legs
from premotor.connectome.legs import LEGS, MODULES, NEIGHBOURS
from premotor.errors import PremotorError


@pytest.fixture(scope="module")
def leg():
    return load_circuit("fly-leg")


@pytest.fixture(scope="module")
def fly(leg):
    return six_legs(leg)


def block(fly, one: str, other: str) -> np.ndarray:
    legs = fly.neurons["leg"].to_numpy()
    return fly.synapses[np.flatnonzero(legs == one)][:, np.flatnonzero(legs == other)].toarray()


def test_each_leg_has_the_wiring_of_the_one(leg, fly):
    assert len(fly) == 6 * 143 and fly.neurons.index.is_unique
    for name in LEGS:
        np.testing.assert_array_equal(block(fly, name, name), leg.synapses.toarray())
        own = fly.neurons[fly.neurons["leg"] == name]
        np.testing.assert_array_equal(own["homologue"], leg.ids)
        for column in ("type", "class", "sign", "transmitter"):
            assert own[column].tolist() == leg.neurons[column].tolist()


def test_the_built_in_circuit_of_six_legs_is_made_of_the_one(fly):
    built_in = load_circuit("fly-legs")
    assert built_in.digest == fly.digest and built_in.neurons.equals(fly.neurons)


def test_only_neighbours_are_coupled_by_few_interneurons_onto_what_they_reach_in_their_own_leg(leg, fly):
    own = leg.synapses.toarray()
    inner = (leg.neurons["class"] == "interneuron").to_numpy()
    for one in LEGS:
        for other in LEGS:
            if one == other:
                continue
            found = block(fly, one, other)
            if (one, other) not in NEIGHBOURS and (other, one) not in NEIGHBOURS:
                assert not found.any()
                continue
            senders = found.any(1)
            assert senders.sum() == 8 and inner[senders].all()
            assert (found[senders] > 0).sum() == ((own[senders] > 0) & inner).sum()
            assert (found <= own).all() and (found[found > 0] == np.ceil(0.25 * own[found > 0])).all()
    assert six_legs(leg, coupling=0).synapses.nnz == 6 * leg.synapses.nnz


def test_six_legs_of_a_null_model_are_all_alike_and_no_longer_the_leg(leg, tmp_path):
    source, output = "fly-leg", tmp_path / "null"
    assert main(["circuit", "six-legs", source, "-o", str(output), "--null", "rewired", "--null-seed", "1"]) == 0
    found, own = load_circuit(output), leg.synapses.toarray()
    first = block(found, "lf", "lf")
    assert (first.astype(bool).sum(0) == own.astype(bool).sum(0)).all() and (first != own).any()
    for name in LEGS:
        np.testing.assert_array_equal(block(found, name, name), first)


def test_sides_are_mirrored_and_neuropils_named(leg, fly):
    left, right = (fly.neurons[fly.neurons["leg"] == name] for name in ("lf", "rf"))
    assert left["side"].tolist() == leg.neurons["side"].tolist()
    swapped = {"left": "right", "right": "left", "": ""}
    assert right["side"].tolist() == [swapped[word] for word in leg.neurons["side"]]
    assert set(fly.neurons.loc[fly.neurons["leg"] == "rh", "target"]) == {"LegNpT3_R"}


def test_inputs_are_far_from_the_motor_neurons_and_outputs_have_a_joint(leg, fly):
    table = fly.neurons
    assert (table["role"] == "input").sum() == 6 * 20 and (table["role"] == "output").sum() == 6 * 42
    assert (table.loc[table["role"] == "input", "class"] == "interneuron").all()
    outputs = table[table["role"] == "output"]
    assert (outputs["class"] == "motor").all()
    body = build_fly(18)
    assert set(outputs["joint"]) == set(body.driven_joints)
    assert set(outputs["direction"]) == {-1, 1}
    motor = (table["class"] == "motor").to_numpy()
    entering = (table["role"] == "input").to_numpy()
    share, usual = (
        fly.synapses[some][:, motor].sum() / fly.synapses[some].sum()
        for some in (entering, (table["class"] == "interneuron").to_numpy())
    )
    assert share < 0.05 and share < 0.25 * usual


def test_modules_move_the_legs_of_the_body_as_their_names_say(fly):
    """On the body: swing brings the foot forward, the trochanter's flexors lift it, the tibia's bring it nearer."""
    body = build_fly(18)
    outputs = fly.neurons[fly.neurons["role"] == "output"].drop_duplicates("joint")
    data = mujoco.MjData(body.model)

    def foot_after(leg: str, joint: str, change: float) -> tuple[np.ndarray, float]:
        data.qpos[:] = body.rest_pose
        data.qpos[[3, 4, 5]] = 0
        data.qpos[body.qpos_index(joint)] += change
        mujoco.mj_kinematics(body.model, data)
        place = data.geom(f"{leg}_foot").xpos.copy()
        return place, float(np.linalg.norm(place - data.body(f"{leg}_femur").xpos))

    for _, row in outputs.iterrows():
        leg, joint = row["leg"], row["joint"]
        module = next(name for name, (of, way) in MODULES.items() if (of, way) == _named(joint, row["direction"]))
        (before, far), (after, near) = (foot_after(leg, joint, change * row["direction"]) for change in (0.0, 0.1))
        moved = after - before
        if module == "coxa swing":
            assert moved[0] > 0
        elif module == "coxa stance":
            assert moved[0] < 0
        elif module.startswith("femur/tr"):
            assert (moved[2] > 0) == module.endswith("flex")
        else:
            assert (near < far) == module.endswith("flex")


def _named(joint: str, direction: int) -> tuple[str, int]:
    name = joint.partition("_")[2]
    return ("ThC" if name.startswith("ThC") else name), int(direction)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"coupling": 94}, "coupling is 94"), ({"strength": 0.0}, "strength is 0"), ({"entries": -1}, "entries is -1")],
)
def test_wrong_requests_are_answered(leg, arguments, said):
    with pytest.raises(PremotorError, match=said):
        six_legs(leg, **arguments)
    with pytest.raises(PremotorError, match="no motor neurons"):
        six_legs(leg.select(**{"class": "interneuron"}))


def test_each_leg_has_the_modules_of_the_one_with_the_joints_that_they_move(leg, fly):
    assert len(fly.effectors) == 6 * len(leg.effectors) and fly.neuromuscular.sum() == 6 * leg.neuromuscular.sum()
    assert set(fly.effectors["joint"]) - {""} == set(build_fly(18).driven_joints)
    reached = fly.neuromuscular.tocoo()
    moved, moving = fly.effectors.iloc[reached.col], fly.neurons.iloc[reached.row]
    for column in ("leg", "joint", "direction"):
        assert moved[column].tolist() == moving[column].tolist()
    assert (moved.index == moving["leg"] + " " + moving["motor module"]).all()


def test_a_circuit_of_six_legs_that_was_saved_without_modules_gets_them_from_its_neurons(fly, tmp_path):
    folder = fly.save(tmp_path / "old")
    for name in ("effectors.csv", "neuromuscular.csv"):
        (folder / name).unlink()
    old = load_circuit(folder)
    assert old.effectors.equals(fly.effectors.loc[old.effectors.index]) and len(old.effectors) == len(fly.effectors)
    order = fly.effectors.index.get_indexer(old.effectors.index)
    np.testing.assert_array_equal(old.neuromuscular.toarray(), fly.neuromuscular.toarray()[:, order])


def test_six_legs_of_a_leg_with_other_modules_move_other_joints(leg, fly):
    other = six_legs(nulls.rewired_neuromuscular(leg, seed=1))
    assert (other.neurons["joint"] != fly.neurons["joint"]).any()
    assert (other.synapses != fly.synapses).nnz == 0
    table = other.neurons[other.neurons["leg"] == "rm"]
    assert (
        table["joint"].value_counts().to_dict()
        == fly.neurons[fly.neurons["leg"] == "rm"]["joint"].value_counts().to_dict()
    )
