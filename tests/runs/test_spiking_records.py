"""What a spiking run folder tells: tables of tests, spikes played again, checkpoints, weights, ancestors, models."""

import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.runs import train
from premotor.runs.spiking import (
    Model,
    border_responses,
    cell_groups,
    choose_starts,
    episode_table,
    evaluate_checkpoints,
    evaluate_models,
    evaluate_spiking,
    lineage,
    mean_rates,
    mock_combinations,
    motor_votes,
    pairs_of_models,
    phase_table,
    plastic_table,
    rates_of_models,
    rates_over_time,
    read_combinations,
    read_test,
    rerun_starts,
    spikes_of_test,
    stride_for,
    training_rows,
    training_scores,
    variance_of_models,
    variance_over_time,
    weight_histograms,
    weights_over_time,
)
from premotor.runs.spiking.models import RANDOM

QUIET = {"progress": False, "finish": False}
SETTINGS = {
    "agent": "spiking",
    "learning": {"kind": "plasticity", "episodes": 24, "block": 4, "phases": [{"begin": 200, "plasticity": {}}]},
    "evaluation": {"every": 3, "episodes": 3},
    "checkpoints": {"every": 2},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = train(SETTINGS, output=tmp_path_factory.mktemp("records") / "run", progress=False, finish=False)
    evaluate_spiking(made, 6, checkpoint="last")
    return made


@pytest.fixture(scope="module")
def record(run):
    return read_test(run)


def test_tables_agree_with_the_record(run, record):
    groups = cell_groups(run)
    assert list(groups) == ["ES", "EA", "IA", "IAL", "EM left", "EM right", "IM", "IML"]
    seconds = len(record.action) * 0.05
    rates = mean_rates(run, record).set_index("group")["rate"]
    assert rates["EA"] == pytest.approx(record.counts[:, 80:120].sum() / 40 / seconds)
    figures = record.figures["rates"]
    assert (rates["EM left"] + rates["EM right"]) / 2 == pytest.approx(figures["EM"])
    over = rates_over_time(run, record, 1.0)
    assert over.index[1] == 1.0 and over["IA"].iloc[0] == pytest.approx(record.counts[:20, 120:130].sum() / 10)
    one = record.counts[:10, 120:130].sum(1)
    assert variance_over_time(run, record, 10)["IA"].iloc[0] == pytest.approx(one.var() / 10)
    with pytest.raises(PremotorError, match="less than one stretch"):
        rates_over_time(run, record, 1e6)


def test_moves_are_those_of_the_votes(run, record):
    votes = motor_votes(run, record)
    decided = ~record.tie
    assert (votes[decided].argmax(1) == record.action[decided]).all()
    assert (votes[record.tie, 0] == votes[record.tie, 1]).all()
    table = episode_table(run, record)
    assert table["steps"].tolist() == record.length.tolist()
    assert (table["undecided"] * table["steps"]).sum() == pytest.approx(record.tie.sum())
    assert ((table["rewarded"] + table["punished"]) <= 1 + 1e-12).all()


def test_spikes_come_again_from_the_observations(run, record, tmp_path):
    train = spikes_of_test(run, record)
    assert len(train.time) == record.counts.sum()
    assert (np.diff(train.time) >= 0).all() and (train.time // 50 == train.step).all()
    wrong = record._replace(figures=record.figures | {"iteration": 0, "checkpoint": "initial"})
    with pytest.raises(PremotorError, match="no longer those of its recorded test"):
        spikes_of_test(run, wrong)
    (run.evaluations_folder / "test.json").rename(tmp_path / "test.json")
    with pytest.raises(PremotorError, match="no recorded test; make one with"):
        read_test(run)
    (tmp_path / "test.json").rename(run.evaluations_folder / "test.json")


def test_checkpoints_are_tested_like_any_weights(run, record):
    table = evaluate_checkpoints(run, 6, most=3, threads=2)
    assert sorted(table["iteration"].unique()) == [0, 4, 6]
    last = table[table["iteration"] == 6]
    assert last["steps"].tolist() == record.length.tolist()
    with pytest.raises(PremotorError, match="most 1"):
        evaluate_checkpoints(run, 2, most=1)


def test_weights_before_and_after(run):
    table = plastic_table(run, "last")
    assert table["part"].value_counts().to_dict() == {"ES→EA": 1000, "EA→EM left": 400, "EA→EM right": 400}
    network = run.network()
    assert table["before"].tolist() == network.weight[network.plastic].tolist()
    assert table["pre"].tolist() == network.pre[network.plastic].tolist()
    over = weights_over_time(run)
    end = over[(over["iteration"] == 6) & (over["part"] == "EA→EM left")].iloc[0]
    mine = table[table["part"] == "EA→EM left"]
    assert end["change"] == pytest.approx((mine["after"] - mine["before"]).abs().mean()) and end["change"] > 0


def test_histograms_count_every_weight(run):
    table = weight_histograms(run, bins=12)
    assert table.groupby(["iteration", "part"])["fraction"].sum().to_numpy() == pytest.approx(1.0)
    first = table[(table["iteration"] == 0) & (table["part"] == "EA→EM left")]
    network = run.network()
    weights = plastic_table(run, "initial").query("part == 'EA→EM left'")["before"]
    inside = weights[(weights >= first["low"].iloc[5]) & (weights < first["high"].iloc[5])]
    assert first["fraction"].iloc[5] == pytest.approx(len(inside) / len(weights)) and network.plastic.sum() == 1800


def test_moves_while_learning_are_in_the_metrics(run):
    first = run.metrics.iloc[0]
    agent = run.agent("initial", seed=run.settings.seed)
    starts = run.arena.starts(24, run.settings.seed + 1)[:4]
    episodes = agent.play(starts, learn=True, record=2000)
    votes = [episodes.counts[:, agent.interface.action == side].sum(1, dtype=int) for side in (0, 1)]
    assert first["right"] == pytest.approx(episodes.action.mean())
    assert first["margin"] == pytest.approx(np.abs(votes[1] - votes[0]).mean())
    assert first["reward"] == pytest.approx(episodes.reward.mean()) and 0 < first["rewarded"] < 1
    assert training_rows(run)["margin"].iloc[0] == first["margin"]


def test_phases_hold_all_episodes_in_order(run):
    lengths = [length for row in run.metrics["lengths"] for length in row]
    table = phase_table(run, most=100)
    assert table["begin"].unique().tolist() == [0, 200] and run.rule_changes == (200,)
    steps = run.metrics["steps"].to_numpy()
    first = 4 * int(np.argmax(steps >= 200) + 1)  # a phase begins with an iteration
    early = table[table["phase"] == 1]["returned"].tolist()
    late = table[table["phase"] == 2]["returned"].tolist()
    assert early == lengths[:first] and late == lengths[first:]
    assert phase_table(run, most=2).query("phase == 2 and part == 'last'")["returned"].tolist() == lengths[-2:]


def test_responses_at_borders_are_those_of_the_steps_around(run, record):
    table = border_responses(run, record, before=1, after=2)
    edges = run.settings.interface.fields[2].edges()
    place, episode = np.digitize(record.observation[:, 2], edges), record.episode
    at = [
        t
        for t in range(1, len(place) - 1)
        if place[t] == place[t - 1] + 1 and episode[t - 1] == episode[t] == episode[t + 1]
    ]
    row = table.query("variable == 2 and direction == 'up' and step == 0").iloc[0]
    assert row["crossings"] == len(at) > 0
    assert row["EA"] == pytest.approx(np.mean([record.counts[t, 80:120].mean() / 0.05 for t in at]))
    assert table["step"].unique().tolist() == [-1, 0, 1]
    with pytest.raises(PremotorError, match="no border"):
        border_responses(run, record, before=10_000)


def test_a_run_knows_where_it_comes_from(run, tmp_path):
    settings = {"learning.episodes": 4, "plasticity.targeting.hidden": 0.25}
    child = train(run.settings, initial=f"{run.folder}@4", overrides=settings, output=tmp_path / "child", **QUIET)
    assert [(a.run.folder.name, a.until) for a in lineage(child)] == [("run", 4), ("child", 1)]
    rows = training_rows(child)
    assert rows["episodes"].tolist() == [4, 8, 12, 16, 20] and rows["steps"].is_monotonic_increasing
    assert len(training_rows(child, ancestors=False)) == 1
    scores = training_scores(run)
    assert scores["median_21"] > 0 and np.isnan(scores["mean_100"])


def test_models_are_compared_in_the_same_episodes(run, record):
    models = [Model.parse(f"before={run.folder}@initial"), Model.parse(f"after={run.folder}@last")]
    table = evaluate_models(models, 6, threads=1)
    lengths = {name: group["returned"].tolist() for name, group in table.groupby("model")}
    assert lengths["after"] == record.length.tolist()
    assert 8 <= np.mean(lengths[RANDOM]) <= 40
    assert variance_of_models(table).between == 2 and len(pairs_of_models(table)) == 3
    chosen = choose_starts(table, 1)
    assert chosen["kind"].tolist() == ["hard", "middling", "easy"] * 2
    hardest = chosen[(chosen["by"] == "after") & (chosen["kind"] == "hard")].iloc[0]
    assert hardest["after"] == min(lengths["after"])
    again = rerun_starts(models, [3], 2, threads=1)
    assert again.groupby("model")["returned"].count().to_dict() == {"before": 2, "after": 2}
    assert rates_of_models(models, 2).loc["after", "EA"] > 0
    with pytest.raises(PremotorError, match="given twice"):
        evaluate_models([models[0], models[0]], 2)
    with pytest.raises(PremotorError, match="hold 1 to 2 of each kind"):
        choose_starts(table, 3)


def test_every_combination_is_driven_once_whatever_the_chunks_are_run_on(run):
    found = mock_combinations(run, checkpoint="last", stride=9, rest=1, chunks=3, threads=1)
    assert found["votes"].shape == (2, 2, 2, 2, 2) and found["sizes"].tolist() == [2] * 4
    assert found["bins"].tolist() == [4, 13] * 4
    again = mock_combinations(run, checkpoint="last", stride=9, rest=1, chunks=3, threads=3)
    assert again["votes"].tolist() == found["votes"].tolist() == read_combinations(run)["votes"].tolist()
    assert found["votes"].max() > 0
    assert stride_for(run) == 2 and stride_for(run, 16) == 8 and stride_for(run, 15) is None
    with pytest.raises(PremotorError, match="stride 0"):
        mock_combinations(run, stride=0)
