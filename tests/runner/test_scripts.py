"""The scripts of failing tasks: written where the check was run, and removed when they pass."""

from __future__ import annotations

import subprocess
import sys

WRONG = """
import numpy as np
from adbench.engine import custom_vjp

root = custom_vjp(np.sqrt)
root.defvjp(lambda x: (np.sqrt(x), x), lambda x, g: (g / np.sqrt(x){factor},))


def loss(x):
    return np.sum(root(x))
"""


def check(folder):
    command = [sys.executable, "-m", "adbench", "check", "wrong.py:loss"]
    command += ["--arg", "x=uniform(1, 2, 3)", "--backend", "native:eager", "--in-process"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


def test_a_failure_leaves_a_script_that_shows_it_and_a_pass_takes_it_away(tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG.format(factor=""), encoding="utf-8")
    run = check(tmp_path)
    assert run.returncode == 1, run.stderr
    (script,) = (tmp_path / ".adbench" / "scripts").glob("*.py")
    assert script.name == "wrong-loss-native-eager.py"
    assert f"Without adbench: python {script.relative_to(tmp_path)}" in run.stdout
    shown = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    ad, numeric = (float(line.split()[-1]) for line in shown.stdout.splitlines())
    assert abs(ad - 2 * numeric) < 1e-6

    (tmp_path / "wrong.py").write_text(WRONG.format(factor=" / 2"), encoding="utf-8")
    assert check(tmp_path).returncode == 0
    assert not script.exists()
