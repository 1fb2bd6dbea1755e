"""The circuits that come with premotor.

`celegans`
    The adult hermaphrodite *Caenorhabditis elegans* of Cook et al. (2019, Nature 571:63-71), matrices as
    corrected in July 2020: 302 neurons, 3,709 chemical edges (ordered pairs of neurons) and 2,196
    gap-junction edges. A gap-junction edge is a non-zero entry of the symmetric matrix: 1,091 pairs of
    neurons count twice, 14 neurons with a gap junction onto themselves once. Counts are numbers of
    electron-microscopic sections of connectivity, so that they hold number and size of synapses.

    Ids are 1 to 302 in the ASCII order of the names; `name` holds the name (AVAL), `type` the kind (AVA).
    `class` is sensory, interneuron or motor after Cook et al.; the five polymodal pharyngeal neurons and
    CANL/R are "other". `side` is the name's L or R where the neuron of the other side exists.
    `transmitter` is the primary one of Wang et al. (2024, eLife 13:RP95402, supplementary file 2), all of
    them are in `transmitters`. GABA is primary in the 26 neurons of McIntire et al. (1993, Nature
    364:337-341) only: ALA, AVJ and RIB (GABA-positive, but without a proven GABA synapse: Gendrel et al.
    2016, eLife 5:e17686) are "unknown". Signs: Kunert et al. 2014, GABAergic neurons inhibit, others excite.

    `muscles` are the 95 body wall muscles, with their `quadrant` (MDL, MDR, MVR: 24 each; MVL: 23) and `number` from
    the head. 162 of the neurons reach them: 956 edges, 5,515 synapses (counted like the others) and 5 gap-junction
    edges with 9. Muscles of the pharynx, the vulva and the gut are left out.

`fly-cpg`
    Four neurons of the left front leg of the fly that make the walking rhythm (Pugliese et al. 2025), from
    MANC v1.0 (Takemura et al. 2024): DNg100, E1 (IN17A001), E2 (INXXX466) and I1 (IN16B036). Column `size`
    is the neuron's size divided by the median size of the whole dataset.

`fly-leg`
    The standard leg premotor circuit of the fly (Cheong et al. 2024, eLife 13:RP96084), left front leg, from MANC
    v1.0 (Takemura et al. 2024, eLife 13:RP97769): 93 interneurons and 50 motor neurons, 1,624 edges of 5 synapses
    or more, 52,288 synapses. Transmitters are the predicted ones, `predictedNtProb` their probability; 6 neurons are
    "unknown". `motor module` is what a motor neuron moves; the modules are the `effectors`.
    `layer` is the neuron's layer by `colour_layers`;
    `published_layers` are those that the BrainRNN project published, which took positions among the interneurons for
    positions among all neurons, so that some neurons are in two of them and others in none.

`fly-legs`
    `six_legs` of `fly-leg`: the circuits of all six legs, with assumed synapses between neighbouring legs.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from premotor.connectome.selection import closest
from premotor.connectome.signs import DEFAULT_POLICY, KUNERT_2014, SignPolicy
from premotor.errors import PremotorError

if TYPE_CHECKING:
    from premotor.connectome.circuit import Circuit

_DATA = Path(__file__).parent / "data"
_SIX_LEGS = "fly-legs"
_POLICIES = {"celegans": KUNERT_2014}


def circuit_names() -> tuple[str, ...]:
    """Return the names of the built-in circuits."""
    return tuple(sorted([_SIX_LEGS, *(folder.name for folder in _DATA.iterdir() if folder.is_dir())]))


def load_builtin(name: str, signs: SignPolicy | None = None) -> "Circuit":
    """Load a built-in circuit with the signs of a policy, or of its own.

    Raises:
        PremotorError: there is none of this name; the message gives the names.
    """
    from premotor.connectome.readers import READERS, open_source
    from premotor.connectome.readers.effectors import with_effectors

    names = circuit_names()
    if name not in names:
        raise PremotorError(
            f"there is no file, folder or built-in circuit {name!r}{closest(name, names)}; "
            f"built in are {', '.join(names)}"
        )
    if name == _SIX_LEGS:
        from premotor.connectome.legs import six_legs

        return six_legs(load_builtin("fly-leg", signs))
    source = open_source(_DATA / name)
    circuit = READERS["tables"]().read(source, signs or _POLICIES.get(name, DEFAULT_POLICY))
    files = [file.name for file in source.effectors]
    return with_effectors(circuit, source.effectors, files=files) if files else circuit
