"""Releases and exports, written in their published formats: what is read, how it is turned, what is lost."""

import gzip

import numpy as np
import pandas as pd
import pytest

from premotor import PremotorError
from premotor.connectome import Circuit, load_circuit

# Ids as real ones are: beyond 2^53, where floats can not tell neighbours apart.
A, B, C, D = 720575940600000001, 720575940600000002, 720575940600000003, 720575940600000004


def edges(circuit: Circuit) -> dict[tuple[int, int], int]:
    dense = circuit.synapses.toarray()
    ids = [int(number) for number in circuit.ids]
    return {(ids[i], ids[j]): int(dense[i, j]) for i, j in zip(*dense.nonzero(), strict=True)}


def write(folder, **tables: str):
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def dropped(circuit: Circuit) -> dict:
    return circuit.provenance.steps[0]["dropped"]


def test_neuprint_export_of_regions(tmp_path):
    write(
        tmp_path,
        neurons=",bodyId,instance,type,predictedNt,somaSide,roiInfo\n"
        '0,10,x_L,IN1,gaba,LHS,"{""LegNp(T1)(L)"": {""pre"": 3}}"\n1,20,y_R,MN1,glutamate,RHS,{}\n',
        **{"roi-connections": "bodyId_pre,bodyId_post,roi,weight\n10,20,LegNp(T1)(L),3\n10,20,VNC,4\n"},
    )
    circuit = load_circuit(tmp_path)
    assert edges(circuit) == {(10, 20): 7}
    assert list(circuit.neurons["side"]) == ["left", "right"]
    assert list(circuit.neurons["sign"]) == [-1, -1]
    assert "" not in circuit.neurons.columns
    assert circuit.select(instance="*_L").ids.tolist() == [10]


def test_neuprint_totals_win_over_regions(tmp_path):
    write(
        tmp_path,
        neurons="bodyId,type\n10,a\n20,b\n",
        **{
            "roi-connections": "bodyId_pre,bodyId_post,roi,weight\n10,20,X,3\n",
            "total-connections": "bodyId_pre,bodyId_post,weight\n10,20,8\n",
        },
    )
    assert edges(load_circuit(tmp_path)) == {(10, 20): 8}


def test_neuprint_simple_connections(tmp_path):
    path = tmp_path / "any name.csv"
    path.write_text(
        "bodyId_pre,bodyId_post,weight,type_pre,type_post,instance_pre,instance_post,conn_roiInfo\n"
        "30,20,5,DNg100,MN1,DNg100_L,MN1_R,{}\n20,10,2,MN1,IN1,MN1_R,IN1_L,{}\n"
    )
    circuit = load_circuit(path)
    assert edges(circuit) == {(30, 20): 5, (20, 10): 2}
    assert circuit.neurons["type"].to_dict() == {10: "IN1", 20: "MN1", 30: "DNg100"}
    assert circuit.neurons["instance"].to_dict() == {10: "IN1_L", 20: "MN1_R", 30: "DNg100_L"}


def test_manc_release_with_properties_of_every_segment(tmp_path):
    write(
        tmp_path,
        **{
            "traced-neurons": "bodyId,type,instance\n10,IN1,IN1_L\n20,,\n",
            "traced-connections": "bodyId_pre,bodyId_post,weight\n10,20,9\n",
            "traced-connections-per-roi": "bodyId_pre,bodyId_post,roi,weight\n10,20,LegNp(T1)(L),9\n",
        },
    )
    properties = pd.DataFrame(
        {
            "bodyId": np.array([5, 20, 10], np.int64),
            "type": ["frag", "Ti flexor MN", "other"],
            "class": ["Glia", "motor neuron", "intrinsic neuron"],
            "somaSide": [None, "RHS", "Midline"],
            "serial": [np.nan, 3.0, np.nan],
            "group": pd.array([1, None, 7], dtype="Int64"),
            "outputRois": [["A"], ["LegNp(T1)(L)", "VNC"], []],
            "predictedNt": ["unknown", "glutamate", "acetylcholine"],
            "predictedNtProb": [0.1, 0.8, 0.6],
        }
    )
    properties.to_feather(tmp_path / "manc-v1.0-neuron-properties.feather")
    circuit = load_circuit(tmp_path)
    table = circuit.neurons
    assert table.index.tolist() == [10, 20]
    assert table["type"].tolist() == ["IN1", "Ti flexor MN"]  # the first table wins, its gaps are filled
    assert table["class"].tolist() == ["interneuron", "motor"]
    assert table["source_class"].tolist() == ["intrinsic neuron", "motor neuron"]
    assert table["side"].tolist() == ["middle", "right"]
    assert table["outputRois"].tolist() == ["", "LegNp(T1)(L);VNC"]
    assert table["group"].tolist() == [7, pd.NA]
    assert dropped(circuit) == {"annotations of other neurons": 1}
    assert circuit.select(outputRois="*LegNp(T1)(L)*").ids.tolist() == [20]
    again = load_circuit(circuit.save(tmp_path / "saved"))
    pd.testing.assert_frame_equal(again.neurons, table)


def test_hemibrain_transmitters_are_probabilities(tmp_path):
    write(
        tmp_path,
        **{
            "traced-neurons": "bodyId,type,instance\n10,a,\n20,b,\n30,c,\n",
            "traced-total-connections": "bodyId_pre,bodyId_post,weight\n10,20,9\n20,30,1\n",
            "traced-roi-connections": "bodyId_pre,bodyId_post,roi,weight\n10,20,EB,9\n",
        },
    )
    names = ["gaba", "acetylcholine", "glutamate", "serotonin", "octopamine", "dopamine", "neither"]
    values = np.array([[0.7, 0.1, 0.1, 0, 0, 0.1, 0], [0.1, 0, 0, 0, 0, 0, 0.9]])
    frame = pd.DataFrame(values, columns=names)
    frame.insert(0, "body", np.array([10, 20], np.int64))
    frame.to_feather(tmp_path / "hemibrain-v1.2-tbar-neurotransmitters.feather")
    table = load_circuit(tmp_path).neurons
    assert table["transmitter"].tolist() == ["gaba", "unknown", "unknown"]
    assert table["transmitter_confidence"].tolist() == [0.7, 0.9, 0.0]
    assert table["sign"].tolist() == [-1, 0, 0]


@pytest.mark.parametrize("compression", ["lz4", "zstd", "uncompressed"])
def test_male_cns_has_three_names_for_one_key(tmp_path, compression):
    pairs = {"body_pre": [10, 10, 77, 20], "body_post": [20, 20, 20, 78], "weight": [3, 4, 100, 200]}
    frame = pd.DataFrame({name: np.array(values, np.int64) for name, values in pairs.items()})
    frame.to_feather(tmp_path / "connectome-weights-male-cns-v0.9.feather", compression=compression, chunksize=2)
    pd.DataFrame(
        {
            "bodyId": np.array([20, 10], np.uint64),
            "type": ["Ti flexor MN", "DNg100"],
            "superclass": ["vnc_motor", "descending_neuron"],
            "class": ["leg", None],
            "somaSide": ["L", "R"],
            "status": ["Traced", "Traced"],
        }
    ).to_feather(tmp_path / "body-annotations-male-cns-v0.9.feather")
    pd.DataFrame(
        {
            "body": np.array([10, 99], np.int64),
            "predicted_nt": ["gaba", "gaba"],
            "consensus_nt": ["acetylcholine", "gaba"],
        }
    ).to_feather(tmp_path / "body-neurotransmitters-male-cns-v0.9.feather")
    circuit = load_circuit(tmp_path)
    assert edges(circuit) == {(10, 20): 7}
    table = circuit.neurons
    assert table["class"].to_dict() == {20: "motor", 10: "descending"}
    assert table["source_class"].to_dict() == {20: "leg", 10: ""}
    assert table["transmitter"].to_dict() == {20: "unknown", 10: "acetylcholine"}
    assert table["side"].to_dict() == {20: "left", 10: "right"}
    assert dropped(circuit) == {
        "annotations of other neurons": 1,
        "rows of unknown neurons": 2,
        "their synapses": 300,
    }
    assert circuit.select(superclass="vnc_motor").ids.tolist() == [20]


FLYWIRE = (
    "pre_root_id,post_root_id,neuropil,syn_count,nt_type\n"
    f"{A},{B},ME_R,3,ACH\n{A},{B},LO_R,3,ACH\n{B},{A},ME_R,4,GABA\n{C},{A},ME_R,9,SER\n{A},{D},ME_R,5,ACH\n"
)


def flywire_folder(folder, display: bool):
    with gzip.open(folder / "connections_no_threshold.csv.gz", "wt") as file:
        file.write(FLYWIRE)
    if display:
        (folder / "export.csv").write_text(
            "Root ID,Flow,Super Class,Class,Soma side,Primary Cell Type,"
            "Predicted NT type,Predicted NT confidence\n"
            f"{A},intrinsic,central,Kenyon_Cell,right,KCg,ACH,0.9\n{B},efferent,motor,,left,MN9,GABA,0.5\n"
            f"{C},afferent,sensory,,center,,SER,0.4\n"
        )
        return
    (folder / "neurons.csv").write_text(
        f"root_id,group,nt_type,nt_type_score,ach_avg\n{A},ME,ACH,0.9,0.9\n{B},ME,GABA,0.5,0.1\n{C},LO,SER,0.4,0\n"
    )
    (folder / "classification.csv").write_text(
        "root_id,flow,super_class,class,sub_class,hemilineage,side,nerve\n"
        f"{A},intrinsic,central,Kenyon_Cell,,,right,\n{B},efferent,motor,,,,left,PhN\n{C},afferent,sensory,,,,center,\n"
    )
    (folder / "consolidated_cell_types.csv").write_text(
        f"root_id,primary_type,additional_type(s)\n{A},KCg,\n{B},MN9,\n"
    )
    (folder / "coordinates.csv").write_text(f"root_id,position,supervoxel_id\n{A},[1 2 3],1\n{A},[4 5 6],2\n")


@pytest.mark.parametrize("display", [False, True])
def test_flywire_codex_in_both_header_styles(tmp_path, display):
    flywire_folder(tmp_path, display)
    circuit = load_circuit(tmp_path)
    assert edges(circuit) == {(A, B): 6, (B, A): 4, (C, A): 9}
    table = circuit.neurons
    assert table["class"].to_dict() == {A: "interneuron", B: "motor", C: "sensory"}
    assert table["source_class"].to_dict() == {A: "Kenyon_Cell", B: "", C: ""}
    assert table["super_class"].to_dict() == {A: "central", B: "motor", C: "sensory"}
    assert table["type"].to_dict() == {A: "KCg", B: "MN9", C: ""}
    assert table["transmitter"].to_dict() == {A: "acetylcholine", B: "gaba", C: "serotonin"}
    assert table["side"].to_dict() == {A: "right", B: "left", C: "middle"}
    assert table["sign"].to_dict() == {A: 1, B: -1, C: 1}
    assert dropped(circuit) == {"rows of unknown neurons": 1, "their synapses": 5}
    # A threshold is on the total of a pair: 3 + 3 passes 5, although no row does.
    assert edges(circuit.select(min_synapses=5)) == {(A, B): 6, (C, A): 9}
    assert circuit.provenance.steps[0]["arguments"].get("not_read") == (None if display else ["coordinates.csv"])
    from premotor.connectome import SignPolicy

    assert circuit.with_signs(SignPolicy(min_confidence=0.5)).neurons["sign"].to_dict() == {A: 1, B: -1, C: 0}


def test_flywire_connections_alone(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text(FLYWIRE)
    circuit = load_circuit(path)
    assert edges(circuit) == {(A, B): 6, (B, A): 4, (C, A): 9, (A, D): 5}
    assert circuit.ids.tolist() == [A, B, C, D]


def test_cave_synapses_are_counted(tmp_path):
    write(
        tmp_path,
        synapses_pni_2=f",id,pre_pt_root_id,post_pt_root_id,size\n0,1,{A},{B},100\n1,2,{A},{B},50\n"
        f"2,3,{B},{A},10\n3,4,0,{A},10\n4,5,{A},{D},10\n",
        cells=f"id,valid,pt_root_id,cell_type,classification_system\n1,t,{A},23P,excitatory\n2,t,{B},BC,inhibitory\n"
        f"3,t,{A},5P,excitatory\n4,f,0,23P,excitatory\n",
    )
    circuit = load_circuit(tmp_path)
    assert edges(circuit) == {(A, B): 2, (B, A): 1}
    assert circuit.neurons["type"].to_dict() == {A: "23P", B: "BC"}
    assert dropped(circuit) == {
        "rows of unassigned segments": 1,
        "rows of unknown neurons": 1,
        "their synapses": 1,
    }


def test_cave_connections_with_counts(tmp_path):
    frame = pd.DataFrame({"pre_pt_root_id": [A, A], "post_pt_root_id": [B, C], "neuropil": ["x", "y"]})
    frame["syn_count"] = [4, 2]
    frame.to_feather(tmp_path / "proofread_connections_783.feather")
    assert edges(load_circuit(tmp_path)) == {(A, B): 4, (A, C): 2}


def shiu_table(**columns):
    table = {
        "Presynaptic_ID": np.array([A, A, C], np.int64),
        "Postsynaptic_ID": np.array([B, C, A], np.int64),
        "Presynaptic_Index": np.array([0, 0, 2], np.int64),
        "Postsynaptic_Index": np.array([1, 2, 0], np.int64),
        "Connectivity": np.array([5, 2, 3], np.int64),
        "Excitatory": np.array([1, 1, -1], np.int64),
        "Excitatory x Connectivity": np.array([5, 2, -3], np.int64),
        **columns,
    }
    return pd.DataFrame({name: values for name, values in table.items() if values is not None})


def test_shiu_et_al_by_index(tmp_path):
    shiu_table(Presynaptic_ID=None, Postsynaptic_ID=None).to_parquet(tmp_path / "Connectivity_783.parquet")
    (tmp_path / "Completeness_783.csv").write_text(f",Completed\n{A},True\n{B},True\n{C},True\n{D},True\n")
    circuit = load_circuit(tmp_path)
    assert edges(circuit) == {(A, B): 5, (A, C): 2, (C, A): 3}
    assert circuit.neurons["sign"].to_dict() == {A: 1, B: 0, C: -1, D: 0}


def test_shiu_et_al_alone(tmp_path):
    path = tmp_path / "Connectivity_783.parquet"
    shiu_table().to_parquet(path)
    circuit = load_circuit(path)
    assert edges(circuit) == {(A, B): 5, (A, C): 2, (C, A): 3}
    assert circuit.ids.tolist() == [A, B, C]


@pytest.mark.parametrize(
    ("columns", "completeness", "pattern"),
    [
        ({"Presynaptic_ID": None}, None, "needs Completeness_"),
        ({"Excitatory x Connectivity": np.array([5, -2, -3])}, None, "both signs; Dale's law"),
        ({"Excitatory x Connectivity": np.array([5, 0, -3])}, None, "row 2, holds 0"),
        ({"Excitatory x Connectivity": np.array([5, 1.5, -3])}, None, "row 2, holds 1.5"),
        ({"Excitatory x Connectivity": None}, None, "no column 'Excitatory x Connectivity'"),
        ({"Presynaptic_ID": np.array([A, D, C])}, None, "one index has two ids"),
        (
            {"Postsynaptic_ID": np.array([B, A, A])},
            None,
            "columns Presynaptic_ID and Postsynaptic_ID holds the id .* 2 times",
        ),
        ({}, f",Completed\n{A},True\n", "holds 1 neurons, but .* names the index 2"),
        ({}, f",Completed\n{A},True\n{A},True\n{C},True\n", f"holds the id {A} 2 times"),
    ],
)
def test_shiu_et_al_damaged(tmp_path, columns, completeness, pattern):
    shiu_table(**columns).to_parquet(tmp_path / "Connectivity_783.parquet")
    if completeness:
        (tmp_path / "Completeness_783.csv").write_text(completeness)
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(tmp_path)


@pytest.mark.parametrize(
    ("tables", "pattern"),
    [
        ({"c": f"pre_root_id,post_root_id,neuropil\n{A},{B},x\n"}, "no column with synapse counts"),
        ({"c": "pre_root_id,post_root_id,syn_count\n"}, "has a header but no connections"),
        ({"c": f"pre_root_id,post_root_id,syn_count\n{A}.0,{B},3\n"}, "row 1, holds '7205"),
        ({"c": FLYWIRE, "d": FLYWIRE}, "2 connection tables"),
        ({"c": f"pre_pt_root_id,post_pt_root_id\n0,{A}\n"}, "no row with two root ids"),
        ({"c": "body_pre,body_post,weight\n"}, "has a header but no connections"),
        ({"c": "body_pre,body_post\n1,2\n"}, "no column with synapse counts"),
        ({"c": FLYWIRE, "n": f"root_id,nt_type\n{A},ACH\n{A},ACH\n"}, "2 times"),
    ],
)
def test_damaged_releases(tmp_path, tables, pattern):
    with pytest.raises(PremotorError, match=pattern):
        load_circuit(write(tmp_path, **tables))
