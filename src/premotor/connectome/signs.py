"""The sign of a neuron's synapses, from its transmitter, by an explicit policy (Dale's law)."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from premotor.connectome.vocabulary import UNKNOWN, listed
from premotor.errors import PremotorError
from premotor.settings import Settings

if TYPE_CHECKING:  # so that policies are there without pandas
    import pandas as pd
    from scipy.sparse import csr_array


Sign = Literal[-1, 0, 1]
MONOAMINES = ("dopamine", "serotonin", "octopamine", "tyramine")
CONFIDENCE_COLUMNS = (
    "transmitter_confidence",
    "predictedNtProb",
    "predictedNtConfidence",
    "nt_type_score",
    "predicted_nt_confidence",
    "predicted_nt_prob",
    "celltypePredictedNtConfidence",
)
HEMILINEAGE_COLUMNS = ("hemilineage", "trueHl", "itoleeHl", "ito_lee_hemilineage")


class SignPolicy(Settings):
    """How a presynaptic neuron's transmitter becomes the sign of all its synapses.

    Defaults: acetylcholine +; GABA, glutamate and histamine −, as in the fly, where glutamate opens chloride
    channels (Liu and Wilson 2013; Shiu et al. 2024); monoamines +; unknown 0.
    """

    name: str = "default"
    """A name for the record."""
    signs: dict[str, Sign] = {"acetylcholine": 1, "gaba": -1, "glutamate": -1, "histamine": -1}
    """Sign by transmitter (canonical lower-case name)."""
    monoamines: Sign = 1
    """Sign of dopamine, serotonin, octopamine and tyramine where `signs` does not name them."""
    unknown: Literal["zero", "drop", "random", "hemilineage", "excitatory"] = "zero"
    """What a neuron of unknown (or too uncertain) transmitter gets: sign 0; removal from the circuit; a
    random sign with the odds of the known ones; the majority of its hemilineage (else 0); or +."""
    min_confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    """A predicted transmitter with a lower confidence than this counts as unknown."""
    seed: int = Field(default=0, ge=0)
    """Seed of the random signs."""


DEFAULT_POLICY = SignPolicy()
KUNERT_2014 = SignPolicy(
    name="kunert2014",
    signs={"gaba": -1, "acetylcholine": 1, "glutamate": 1, "histamine": 1},
    monoamines=1,
    unknown="excitatory",
)
"""*C. elegans*: GABAergic neurons inhibit, all others excite (Kunert et al. 2014, Phys. Rev. E 89:052805)."""

SIGN_POLICIES = {policy.name: policy for policy in (DEFAULT_POLICY, KUNERT_2014)}


def sign_policy(policy: SignPolicy | str) -> SignPolicy:
    """Return the policy itself, or the named one of `SIGN_POLICIES`."""
    if isinstance(policy, SignPolicy):
        return policy
    if policy not in SIGN_POLICIES:
        raise PremotorError(f"there is no sign policy {policy!r}; there are {', '.join(SIGN_POLICIES)}")
    return SIGN_POLICIES[policy]


def signs_of(neurons: "pd.DataFrame", policy: SignPolicy) -> np.ndarray:
    """Return the sign of each neuron, int8 (neurons,): +1, −1, or 0 where the policy leaves it open.

    With ``unknown="drop"`` the neurons to be dropped have sign 0 here; `Circuit.with_signs` drops them.

    Raises:
        PremotorError: the policy needs a confidence or hemilineage column and the table has none.
    """
    import pandas as pd

    table = {**dict.fromkeys(MONOAMINES, policy.monoamines), **policy.signs}
    words = neurons["transmitter"].tolist()
    signs = np.array([table.get(word, 0) for word in words], np.int8)
    known = np.array([word in table for word in words], bool)
    if policy.min_confidence > 0:
        column = _first_column(neurons, CONFIDENCE_COLUMNS, "min_confidence")
        numbers = pd.to_numeric(neurons[column], errors="coerce").astype("Float64")
        # A neuron without a stated confidence is as uncertain as one can be.
        known = known & (numbers.to_numpy(np.float64, na_value=0.0) >= policy.min_confidence)
    signs = np.where(known, signs, 0).astype(np.int8)
    unknown = np.flatnonzero(~known)
    if policy.unknown == "excitatory":
        signs[unknown] = 1
    elif policy.unknown == "random":
        signed = signs[known & (signs != 0)]
        odds = float(np.mean(signed > 0)) if signed.size else 0.5
        draws = np.random.default_rng(policy.seed).random(unknown.size)
        signs[unknown] = np.where(draws < odds, 1, -1)
    elif policy.unknown == "hemilineage":
        column = _first_column(neurons, HEMILINEAGE_COLUMNS, 'unknown="hemilineage"')
        lineage = neurons[column].astype("str").fillna("")
        votes = pd.Series(np.where(known, signs, 0).astype(np.int64)).groupby(lineage.to_numpy()).sum()
        majority = np.sign(lineage.map(votes).to_numpy(np.float64)).astype(np.int8)
        nameless = lineage.str.lower().isin(["", "nan", "none", "na", "tbd", UNKNOWN]).to_numpy()
        signs[unknown] = np.where(nameless, 0, majority)[unknown]
    return signs


def refuse_unsigned(synapses: "csr_array", sign: np.ndarray) -> None:
    """Refuse a circuit whose synapses are all of neurons of unknown sign: nothing would reach anything.

    Args:
        synapses: counts (neurons, neurons), presynaptic × postsynaptic.
        sign: −1, 0 or 1, (neurons,).

    Raises:
        PremotorError: there are synapses, and none of a neuron with a sign.
    """
    if synapses.nnz and not np.diff(synapses.indptr)[sign != 0].any():
        raise PremotorError(
            f"the circuit has {synapses.nnz} synaptic edges and none of a neuron with a known sign; give the neuron "
            "table transmitters (a column transmitter) or signs (a column sign: -1, 1), or choose another sign policy "
            "(circuit.signs) or selection"
        )


def unknown_neurons(neurons: "pd.DataFrame", policy: SignPolicy) -> np.ndarray:
    """Return which neurons ``unknown="drop"`` removes, bool (neurons,): those no rule gives a sign."""
    # "excitatory" and "zero" differ in nothing but the unknown neurons.
    zero = signs_of(neurons, policy.model_copy(update={"unknown": "zero"}))
    named = signs_of(neurons, policy.model_copy(update={"unknown": "excitatory"}))
    return zero != named


def _first_column(neurons: "pd.DataFrame", names: tuple[str, ...], reason: str) -> str:
    for name in names:
        if name in neurons:
            return name
    raise PremotorError(
        f"the sign policy's {reason} needs one of the columns {', '.join(names)}; "
        f"the neuron table has {listed(neurons.columns)}"
    )


def signs_of_rows(pre: np.ndarray, sign: np.ndarray, ids: np.ndarray, where: str) -> np.ndarray:
    """Return each neuron's sign, int8 (neurons,), from the signs of its outgoing weights; 0 without any.

    `pre` (position of the presynaptic neuron) and `sign` (−1 or +1) have one value an edge.

    Raises:
        PremotorError: a neuron has outgoing weights of both signs.
    """
    up = np.bincount(pre[sign > 0], minlength=ids.size) > 0
    down = np.bincount(pre[sign < 0], minlength=ids.size) > 0
    if (up & down).any():
        neuron = ids[int(np.argmax(up & down))]
        raise PremotorError(f"{where}: the neuron {neuron} has outgoing weights of both signs; Dale's law needs one")
    return up.astype(np.int8) - down.astype(np.int8)
