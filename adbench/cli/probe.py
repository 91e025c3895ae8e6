"""One backend tried out in a process of its own, for `adbench doctor`; prints JSON.

A library that crashes while it is imported ends this process, and not the doctor.
"""

import json
import sys
from importlib import metadata
from typing import Any


def probe(name: str) -> dict[str, Any]:
    """What `name` has here: version, devices, thread counts, and whether it finds d(x²)/dx."""
    import numpy as np

    from adbench.backends import BACKENDS, get_backend
    from adbench.record.environment import loaded_threads

    backend = get_backend(name)
    x = [np.array([3.0])]
    bound = backend.bind(lambda x: x * x, {"x": x[0]}, {"x": True}, {})
    gradient = bound.vjp(x, [np.array([1.0])]).gradients[0]
    return {
        "version": metadata.version(BACKENDS[name].library),
        "right": gradient is not None and gradient.tolist() == [6.0],
        "devices": _devices(name),
        "threads": loaded_threads(),
    }


def _devices(name: str) -> list[str]:
    if name == "torch":
        import torch

        gpus = [
            f"cuda:{i} ({torch.cuda.get_device_name(i)})" for i in range(torch.cuda.device_count())
        ]
        return ["cpu", *gpus, *(["mps"] if torch.backends.mps.is_available() else [])]
    if name == "jax":
        import jax

        devices = {f"{d.platform}:{d.id} ({d.device_kind})" for d in jax.devices()}
        return ["cpu", *sorted(device for device in devices if not device.startswith("cpu"))]
    return ["cpu"]


if __name__ == "__main__":
    print(json.dumps(probe(sys.argv[1])))
