"""Grades on a cluster that SLURM runs: `python slurm.py COURSE [LESSON…]`, on a node that may submit jobs.

Needs `pip install dask-jobqueue` beside the course's own environment, which every node has to reach, and
Linux with user namespaces on the nodes. Workers get submissions over the network and need no shared disk; the
gradebook is written here alone.
"""

import subprocess
import sys

from dask_jobqueue import SLURMCluster

WORKERS = 20
JOB = {
    "cores": 1,  # one warm process a worker
    "processes": 1,
    "memory": "6GB",  # a submission's 4 GiB, the warm process and the judge
    "walltime": "02:00:00",
    "python": sys.executable,
    "worker_extra_args": ["--lifetime", "110m", "--lifetime-stagger", "5m"],  # leaves before SLURM ends it
    # "queue": "cpu", "account": "teaching",  # as your cluster has it
}


def main(course: str, *lessons: str) -> int:
    """Hires workers, grades, and lets them go."""
    with SLURMCluster(**JOB) as cluster:
        cluster.adapt(minimum=1, maximum=WORKERS)
        command = [sys.executable, "-m", "autograder", "--course", course, "grade", *lessons]
        return subprocess.run([*command, "--scheduler", cluster.scheduler_address], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
