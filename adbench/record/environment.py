"""Where a run takes place: versions, machine, threads and settings that decide numbers."""

from __future__ import annotations

import math
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from adbench.record.origin import Environment

_DISTRIBUTIONS = (
    "array-api-compat",
    "cupy-cuda12x",
    "cupy-cuda13x",
    "jax",
    "jaxlib",
    "mpmath",
    "numpy",
    "optree",
    "scipy",
    "torch",
)
_VARIABLES = (
    "CUBLAS_WORKSPACE_CONFIG",
    "CUDA_VISIBLE_DEVICES",
    "JAX_DEFAULT_MATMUL_PRECISION",
    "JAX_ENABLE_X64",
    "JAX_PLATFORMS",
    "MKL_CBWR",
    "MKL_NUM_THREADS",
    "NPROC",
    "NPY_DISABLE_CPU_FEATURES",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_NUM_THREADS",
    "PJRT_NPROC",
    "PYTHONHASHSEED",
    "XLA_FLAGS",
)
_GIT_SECONDS = 5.0


def environment(folder: str | os.PathLike[str] | None = None) -> Environment:
    """Describe this machine and installation, importing none of the libraries it names.

    `folder` (default: the current one) decides whose git revision is recorded.
    """
    import psutil

    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        machine=platform.machine(),
        processor=processor(),
        cores=available_cores(),
        memory_bytes=psutil.virtual_memory().total,
        versions=versions(),
        threads=loaded_threads(),
        variables={name: os.environ[name] for name in _VARIABLES if name in os.environ},
        git=git_revision(folder),
    )


def adbench_version() -> str:
    """The installed version of adbench; "unknown" when it runs without being installed."""
    return _version("adbench-grad") or "unknown"


def versions() -> dict[str, str]:
    """Installed versions of adbench and of the libraries that decide numbers."""
    found = {name: _version(name) for name in _DISTRIBUTIONS}
    return {"adbench": adbench_version()} | {name: v for name, v in found.items() if v}


def processor() -> str:
    """The processor's name as its maker writes it, as far as the system tells."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def available_cores() -> int:
    """Cores this process may use: its affinity, cut by a container's quota, not the machine's."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else (os.cpu_count() or 1)
    try:  # cgroup v2: "max 100000" or "150000 100000" (quota and period in µs)
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        cores = min(cores, max(1, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):
        pass
    return cores


def loaded_threads() -> dict[str, int]:
    """Thread counts of the numerical libraries that this process has loaded already."""
    import threadpoolctl

    threads = {
        str(pool["prefix"]): int(pool["num_threads"]) for pool in threadpoolctl.threadpool_info()
    }
    if torch := sys.modules.get("torch"):
        threads["torch"] = int(torch.get_num_threads())
    return threads


def git_revision(folder: str | os.PathLike[str] | None = None) -> str | None:
    """The checked-out revision, "-dirty" when files differ from it; None outside a checkout."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
