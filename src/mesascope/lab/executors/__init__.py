"""Where trials run: processes of this machine, a population on its devices, a Ray cluster, a Slurm cluster."""

from ._base import AbstractExecutor as AbstractExecutor, Progress as Progress, SweepError as SweepError
from ._local import Local as Local, compute_alone as compute_alone
from ._population import Population as Population
from ._ray import RayCluster as RayCluster
from ._slurm import SlurmArray as SlurmArray
