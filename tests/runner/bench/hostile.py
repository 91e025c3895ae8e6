"""Functions that do to a benchmark what users' functions do, by mistake or not."""

import os
import signal
import time

import numpy as np

_state = {"calls": 0}


def right(x):
    return np.sum(np.tanh(x) ** 2)


def for_all(x):
    return (x * x * x).sum()


def by_hand(x):
    return 2 * np.tanh(x) / np.cosh(x) ** 2


def wrong_by_hand(x):
    return -2 * np.tanh(x) / np.cosh(x) ** 2


def _benched():
    """Whether a benchmark, and not the check before it, has loaded this file."""
    with open("/proc/self/cmdline", encoding="utf-8") as file:
        return "runner.bench.worker" in file.read()


def dies_when_benched(x):
    if _benched():
        os.kill(os.getpid(), signal.SIGSEGV)
    return np.sum(x * x)


def hangs_when_benched(x):
    if _benched():
        time.sleep(600)
    return np.sum(x * x)


def raises_when_benched(x):
    if _benched():
        raise ValueError("not on this machine")
    return np.sum(x * x)


def fails_at_one_size(x):
    if x.shape[0] == 7:
        raise ValueError("seven is not for me")
    return np.sum(x * x)


def random_when_benched(x):
    if _benched():
        _state["calls"] += 1
        return np.sum(x * x) * _state["calls"]
    return np.sum(x * x)


def needs_memory_when_benched(x):
    if _benched():
        ballast = np.ones(400_000_000 // 8)
        return np.sum(x * x) + 0 * ballast[0]
    return np.sum(x * x)
