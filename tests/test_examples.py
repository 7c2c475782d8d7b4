"""The recipes in docs/examples are what the tools they are for can read."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from tests.builders import ROOT

EXAMPLES = ROOT / "docs" / "examples"


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_slurm_is_asked_for_workers_with_one_thread_and_room_for_a_submission() -> None:
    """The script that dask-jobqueue would hand to sbatch; where it is installed."""
    jobqueue = pytest.importorskip("dask_jobqueue")
    recipe = loaded(EXAMPLES / "slurm.py")
    with jobqueue.SLURMCluster(**recipe.JOB) as cluster:
        script = cluster.job_script()
    assert "--mem=6G" in script and "--nthreads 1" in script and "--lifetime 110m" in script


def test_slurms_recipe_is_python() -> None:
    compile((EXAMPLES / "slurm.py").read_text(encoding="utf-8"), "slurm.py", "exec")


def test_kubernetes_gets_a_cluster_whose_workers_reach_its_scheduler() -> None:
    """Names and ports fit together; a worker has one thread, and the memory that a submission may use."""
    cluster = yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text(encoding="utf-8"))
    assert (cluster["apiVersion"], cluster["kind"]) == ("kubernetes.dask.org/v1", "DaskCluster")
    scheduler, worker = cluster["spec"]["scheduler"], cluster["spec"]["worker"]
    (container,) = worker["spec"]["containers"]
    assert (
        container["args"][-2:] == ["--nthreads", "1"] and container["resources"]["limits"]["memory"] == "6Gi"
    )
    (port,) = scheduler["spec"]["containers"][0]["ports"]
    (service,) = scheduler["service"]["ports"]
    assert (port["containerPort"], service["port"], service["targetPort"]) == (8786, 8786, port["name"])
    assert scheduler["service"]["selector"]["dask.org/cluster-name"] == cluster["metadata"]["name"]
