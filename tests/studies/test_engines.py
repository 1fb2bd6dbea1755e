"""Engines: the same contract, the same numbers, whatever runs the jobs."""

import json
import pickle
import sys
import time
from pathlib import Path

import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.studies import study, sweep
from premotor.studies.engines import ENGINES, LocalEngine, LocalSettings, engine_for, engine_settings
from premotor.studies.engines.base import library
from premotor.studies.leases import Lease
from premotor.studies.processes import Job
from premotor.studies.scheduling import run_jobs
from tiny import tiny_settings


def trivial(folder: Path, name: str, *words: str) -> Job:
    """A job of no time."""
    return Job(name, words, folder / "none", folder / f"{name}.log", program=("/bin/sh", "-c"))


def test_every_engine_says_what_it_takes(tmp_path):
    assert list(ENGINES) == ["local", "slurm", "ray", "dask"]
    assert engine_settings(None) == LocalSettings() and engine_settings("local", 3) == LocalSettings(jobs=3)
    chosen = engine_settings({"kind": "slurm", "partition": "p", "gpus": 1, "setup": ["module load cuda"]})
    assert (type(chosen).KIND, chosen.partition, chosen.minutes) == ("slurm", "p", 240)
    for wrong, sentence in (
        ({"kind": "slurm", "partitoin": "p"}, r"engine \(slurm\): unknown setting partitoin = 'p' \(did you mean part"),
        ({"kind": "slurm", "minutes": 0}, r"engine \(slurm\): minutes is 0"),
        ({"kind": "dask"}, r"engine \(dask\): the setting address is missing: Of the scheduler"),
        ({"kind": "ray", "cpus": "two"}, r"engine \(ray\): cpus is 'two'"),
        (["local"], "should be the name of an engine or a mapping"),
    ):
        with pytest.raises(PremotorError, match=sentence):
            engine_settings(wrong)
    with pytest.raises(
        PremotorError, match=r"needs nothing_such, which is not installed: pip install 'premotor\[slurm\]"
    ):
        library("nothing_such", "slurm")
    assert main(["engine", "check", "local", "--jobs.many", "1"]) == 2


def test_every_job_of_many_is_done_once(tmp_path):
    jobs = [trivial(tmp_path, f"job-{k}", "exit 0") for k in range(100)]
    done: list[str] = []
    engine = LocalEngine(LocalSettings(jobs=2), tmp_path)
    run_jobs(jobs, engine, False, done=lambda job: done.append(job.name))
    assert sorted(done) == sorted(job.name for job in jobs)


def test_failed_and_killed_jobs_are_told_apart(tmp_path):
    jobs = [
        trivial(tmp_path, "bad", "echo no use; exit 3"),
        trivial(tmp_path, "killed", f"echo x >> {tmp_path}/tries; kill -9 $$"),
        trivial(tmp_path, "good", "echo well"),
    ]
    with pytest.raises(PremotorError, match=r"2 of 3 runs failed: bad \(no use; see .*killed \("):
        run_jobs(jobs, LocalEngine(LocalSettings(jobs=1), tmp_path), False)
    assert (tmp_path / "tries").read_text() == "x\nx\n", "a job that was cut off begins again once"
    assert "well" in (tmp_path / "good.log").read_text()


def test_a_study_that_is_cancelled_stops_its_jobs(tmp_path):
    stop = tmp_path / "stop"
    jobs = [trivial(tmp_path, "long", f"trap 'exit 130' INT; touch {stop}; while true; do sleep 0.05; done")]
    with pytest.raises(PremotorError, match="cancelled"):
        run_jobs(jobs, LocalEngine(LocalSettings(jobs=1), tmp_path), False, stop=stop.exists)


def test_a_job_by_submitit_says_by_its_lease_how_it_ended(tmp_path, monkeypatch):
    pytest.importorskip("submitit", reason="submitit is not installed")
    monkeypatch.chdir(tmp_path)
    engine = engine_for(engine_settings({"kind": "slurm", "cluster": "debug"}), tmp_path)
    (tmp_path / "runs").mkdir()
    job = Job(
        "probe", ("engine", "probe", "probe.json"), Path("none"), Path("probe.log"), lease=Path("runs/.leases/probe")
    )
    bad = job._replace(name="bad", command=("engine", "prob"), lease=Path("runs/.leases/bad"))
    with pytest.raises(PremotorError, match="1 of 2 runs failed: bad"):
        run_jobs([job, bad], engine, False)
    assert json.loads((tmp_path / "probe.json").read_text())["cores"] >= 1
    assert json.loads((tmp_path / "slurm.json").read_text()).keys() == {"probe", "bad"}


def test_the_check_of_this_machine(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["engine", "check", "local"]) == 0
    said = capsys.readouterr().out
    assert all(f"{subject} " in said for subject in ("engine", "job", "versions", "folder", "clock", "cores", "gpu"))
    assert not list(tmp_path.iterdir()), "something was left behind"


def table(folder: Path) -> list[dict]:
    rows = json.loads((folder / "rows.json").read_text())["rows"]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def asked(tmp_path_factory, circuit_folder) -> tuple[dict, Path]:
    """A study of four runs, and its folder by the local engine."""
    place = tmp_path_factory.mktemp("engines")
    (place / "tiny.yaml").write_text(json.dumps(tiny_settings(circuit_folder)))
    said = {"experiments": {"tiny": str(place / "tiny.yaml")}, "nulls": {"rewired": 1}, "seeds": 2, "episodes": 2}
    study(said, output=place / "local", jobs=2, progress=False)
    return said, place


@pytest.mark.slow
def test_the_same_numbers_by_submitit(asked, tmp_path):
    pytest.importorskip("submitit", reason="submitit is not installed")
    said, place = asked
    study(said, output=tmp_path / "study", engine={"kind": "slurm", "cluster": "local"}, progress=False)
    assert table(tmp_path / "study") == table(place / "local")


@pytest.mark.slow
def test_the_same_numbers_by_ray_though_a_node_is_killed(asked, tmp_path):
    ray = pytest.importorskip("ray", reason="ray is not installed")
    from ray.cluster_utils import Cluster

    said, place = asked
    node = {"num_cpus": 1, "object_store_memory": 200 * 2**20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    try:
        second = cluster.add_node(num_cpus=1, object_store_memory=200 * 2**20)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        began = tmp_path / "study" / "runs" / ".leases"
        killer = _when(
            lambda: len(list(began.glob("*/1"))) >= 2, lambda: cluster.remove_node(second, allow_graceful=False)
        )
        study(said, output=tmp_path / "study", engine="ray", progress=False)
        killer.join()
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert table(tmp_path / "study") == table(place / "local")
    tries = [len(list(lease.iterdir())) for lease in began.iterdir()]
    assert max(tries) >= 2, "the node that was killed had no run"


def _when(true, act):
    import threading

    def watch() -> None:
        until = time.monotonic() + 300
        while not true() and time.monotonic() < until:
            time.sleep(0.1)
        act()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@pytest.mark.slow
def test_the_same_numbers_by_dask(asked, tmp_path):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    said, place = asked
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        engine = {"kind": "dask", "address": cluster.scheduler_address}
        study(said, output=tmp_path / "study", engine=engine, progress=False)
    assert table(tmp_path / "study") == table(place / "local")


def test_a_worker_that_waited_for_one_that_ended_well_does_nothing(tmp_path, capsys):
    import threading

    from premotor.studies import workers

    first = Lease(tmp_path / "run")
    threading.Timer(0.2, first.release, (0,)).start()
    with Lease(tmp_path / "run", 20) as second:
        assert second.waited_for is not None and second.waited_for.status == 0
    command = workers.RemoteCommand([sys.executable, "-c", "print('hello')"], "log", None, ["stop"], str(tmp_path))
    assert command() == 0 and (tmp_path / "log").read_text() == "hello\n"
    for asked, words in (("stop", ["stop", "own"]), ("own", ["no", "own"])):  # by the file of all jobs, or its own
        (tmp_path / asked).touch()
        command.words, command.stop = ["/bin/sleep", "60"], words
        assert command() == -15


@pytest.mark.slow
def test_a_search_by_submitit_finds_what_it_finds_here(circuit_folder, tmp_path):
    pytest.importorskip("submitit", reason="submitit is not installed")
    pytest.importorskip("optuna", reason="optuna is not installed")
    spaces = {"learning.learning_rate": [1e-3, 1e-2]}
    tables = []
    for name, engine in (("here", None), ("there", {"kind": "slurm", "cluster": "local", "jobs": 2})):
        made = sweep(
            tiny_settings(circuit_folder), spaces, sampler="grid", episodes=2, engine=engine, output=tmp_path / name,
            progress=False,
        )  # fmt: skip
        tables.append(made.table.drop(columns="seconds").to_dict("records"))
    assert tables[0] == tables[1] and [row["state"] for row in tables[0]] == ["complete"] * 2


def test_members_of_a_population_live_wherever_they_are_put(tmp_path, capsys, monkeypatch):
    from premotor.learning.evolution.learner import Evolution
    from premotor.learning.evolution.members import shared_by
    from premotor.runs.loading import load_settings
    from premotor.runs.spiking.run import Arena
    from premotor.studies import population_on
    from premotor.studies.engines.tasks import Part

    short = ["--learning.strategy.population=4", "--learning.episodes=2", "--learning.longest=20"]
    settings = load_settings("cartpole-evolution", [*short, "--learning.plastic=1", "--learning.lamarckian=true"])
    rows, taken = [], []

    def elsewhere(function, items):
        taken.append(len(items))
        there, given = pickle.loads(pickle.dumps((Part(function), items)))  # noqa: S301 - our own
        return there(given)

    for share in (None, elsewhere):
        with shared_by(share):
            learner = Evolution(Arena(settings), None, settings.learning)
            rows.append([*(learner.iterate() for _ in range(2)), learner.candidate.tolist()])
    assert rows[0] == rows[1] and taken == [4, 4]

    monkeypatch.chdir(tmp_path)
    assert main(["train", "walk", "--engine", "ray"]) == 2
    assert "walk is no evolution of a spiking network" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    pytest.importorskip("submitit", reason="submitit is not installed")
    with pytest.raises(PremotorError, match="the engine slurm runs whole runs"), population_on("slurm", settings):
        Evolution(Arena(settings), None, settings.learning).iterate()


@pytest.mark.slow
def test_a_population_by_dask_has_the_same_numbers():
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    from premotor.learning.evolution.learner import Evolution
    from premotor.runs.loading import load_settings
    from premotor.runs.spiking.run import Arena
    from premotor.studies import population_on

    settings = load_settings(
        "cartpole-evolution",
        ["--learning.strategy.population=6", "--learning.episodes=1", "--learning.longest=20"],
    )
    here = Evolution(Arena(settings), None, settings.learning).iterate()
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        engine = {"kind": "dask", "address": cluster.scheduler_address}
        with population_on(engine, settings):
            assert Evolution(Arena(settings), None, settings.learning).iterate() == here


@pytest.mark.slow
def test_a_population_by_ray_has_the_same_numbers(tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="ray is not installed")
    monkeypatch.chdir(tmp_path)
    short = ["--learning.strategy.population=4", "--learning.episodes=1", "--learning.iterations=2", "--episodes", "2"]
    short += ["--evaluation.every=1", "--evaluation.episodes=2", "--no-report"]
    for name, words in (("here", []), ("there", ["--engine", "ray"])):
        assert main(["train", "cartpole-evolution", *short, *words, "-o", name]) == 0
    rows = [
        [
            {**json.loads(line), "seconds": 0, "steps_per_second": 0}
            for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()
        ]
        for name in ("here", "there")
    ]
    assert rows[0] == rows[1] and len(rows[0]) == 2
    assert main(["resume", "there", "--engine", "ray", "--no-report"]) == 0
