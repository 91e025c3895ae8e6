"""The script under a failure shows it without adbench: it is run, and prints both values."""

from __future__ import annotations

import base64
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import adbench
from adbench import Verdict

FUNCTIONS = """
import numpy as np


def norm(x):
    return np.sum(x**2)


def norm_gradient(x):
    return x


def sines(x, shift):
    return np.sin(x + shift)


def sines_gradient(x, shift, cotangent):
    return -cotangent * np.cos(x + shift), cotangent * np.cos(x + shift)


def nested(params, places, scale=1.0):
    return {"a": scale * params["w"][0][places] ** 2, "b": np.sum(params["w"][1])}


def nested_gradient(params, places, cotangent, scale=1.0):
    return {}


def modulus(z):
    return (z * np.conj(z)).real


def modulus_gradient(z, cotangent):
    return cotangent * 2 * z


class Held:
    @staticmethod
    def cube(x):
        return np.sum(x**3)
"""

TORCH = """
import torch


class Half(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0].cos() / 2


def tree(params, rows, *, power=1):
    chosen = params["w"][rows]
    return Half.apply(chosen) ** power, params["b"].sum()


def turned(z):
    return Half.apply(z.real) * z.imag * (1 + 2j)
"""

JAX = """
import jax
import jax.numpy as jnp


@jax.custom_vjp
def root(x):
    return jnp.sqrt(x)


root.defvjp(lambda x: (jnp.sqrt(x), x), lambda x, g: (g / jnp.sqrt(x),))


def both(x):
    return root(x), x.sum()
"""

NATIVE = """
import numpy as np
from adbench.engine import custom_vjp

root = custom_vjp(np.sqrt)
root.defvjp(lambda x: (np.sqrt(x), x), lambda x, g: (g / np.sqrt(x),))


def vector(x):
    return root(x) * 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A function that writes a module and imports it."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def make(source, name):
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, tmp_path / f"{name}.py")
        found = importlib.util.module_from_spec(spec)
        sys.modules[name] = found
        made.append(name)
        spec.loader.exec_module(found)
        return found

    yield make
    for name in made:
        del sys.modules[name]


def printed(script, tmp_path):
    """What a script prints as AD's and as the numeric derivative, run from elsewhere."""
    path = tmp_path / "failure.py"
    path.write_text(script, encoding="utf-8")
    root = str(Path(adbench.__file__).parents[1])
    run = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        check=False,
    )
    assert run.returncode == 0, run.stderr + script
    ad, numeric = (line.split()[-1] for line in run.stdout.splitlines())
    return float(ad), float(numeric)


def shown(result, tmp_path):
    assert result.verdict is Verdict.FAIL
    if result.script_data:
        (tmp_path / "failure.npz").write_bytes(base64.b64decode(result.script_data))
    assert "adbench" not in result.script or result.backend == "native"
    return printed(result.script, tmp_path)


def test_a_scalar_function_with_a_gradient_by_hand(module, tmp_path):
    m = module(FUNCTIONS, "by_hand")
    result = adbench.check(m.norm, np.array([1.0, -3.0]), gradient=m.norm_gradient)
    first = result.findings[0]
    ad, numeric = shown(result, tmp_path)
    assert ad == pytest.approx(first.ad)
    assert numeric == pytest.approx(first.numeric)
    assert "leaves_of" not in result.script


def test_several_outputs_and_inputs_by_hand(module, tmp_path):
    m = module(FUNCTIONS, "several")
    inputs = np.array([0.2, 0.4]), np.array([1.0, 0.1])
    ad, numeric = shown(adbench.check(m.sines, *inputs, gradient=m.sines_gradient), tmp_path)
    assert ad == pytest.approx(-numeric)


def test_complex_numbers_by_hand(module, tmp_path):
    m = module(FUNCTIONS, "complex_by_hand")
    z = np.array([1 + 2j, 0.5 - 1j])
    ad, numeric = shown(adbench.check(m.modulus, z, gradient=m.modulus_gradient), tmp_path)
    assert ad == pytest.approx(-numeric)  # it is the imaginary part that has the wrong sign


@pytest.mark.torch
def test_torch_with_trees_data_and_parameters(module, tmp_path):
    m = module(TORCH, "in_torch")
    params = {"w": np.array([[0.3, 0.1], [0.2, 0.9]]), "b": np.array([1.0])}
    result = adbench.check(
        m.tree, params, np.array([1, 0, 1]), backend="torch", params={"power": 2}
    )
    ad, numeric = shown(result, tmp_path)
    assert ad == pytest.approx(numeric / 2)


@pytest.mark.torch
def test_torch_with_complex_numbers(module, tmp_path):
    m = module(TORCH, "complex_in_torch")
    z = np.array([0.3 + 0.5j, 0.8 - 0.7j])
    ad, numeric = shown(adbench.check(m.turned, z, backend="torch"), tmp_path)
    assert ad == pytest.approx(numeric / 2)


@pytest.mark.jax
@pytest.mark.slow
def test_jax(module, tmp_path):
    m = module(JAX, "in_jax")
    result = adbench.check(m.both, np.array([1.0, 2.0, 0.5]), backend="jax")
    ad, numeric = shown(result, tmp_path)
    assert ad > 1.2 * numeric


def test_the_native_engine_is_what_is_in_question(module, tmp_path):
    m = module(NATIVE, "natively")
    result = adbench.check(m.vector, np.array([1.0, 2.0, 0.5]))
    assert "adbench  # the engine whose derivative is in question" in result.script
    ad, numeric = shown(result, tmp_path)
    assert ad == pytest.approx(2 * numeric)


def test_a_function_in_a_class_is_reached(module, tmp_path):
    m = module(FUNCTIONS + "\n\ndef cube_gradient(x):\n    return x**2\n", "in_class")
    result = adbench.check(m.Held.cube, np.array([1.0, 2.0]), gradient=m.cube_gradient)
    ad, numeric = shown(result, tmp_path)
    assert numeric == pytest.approx(3 * ad)


def test_the_point_is_the_one_at_which_it_fails(module, tmp_path):
    source = FUNCTIONS + "\n\ndef folded(x):\n    return 2 * np.abs(x)\n"
    m = module(source, "elsewhere")
    result = adbench.check(m.norm, np.array([1.0, 2.0]), gradient=m.folded)
    assert "at another point" in result.reason
    ad, numeric = shown(result, tmp_path)
    assert ad == pytest.approx(-numeric)


def test_a_large_input_is_loaded_from_a_file_beside_the_script(module, tmp_path):
    m = module(FUNCTIONS, "large")
    inputs = np.linspace(0.1, 3, 300), np.linspace(1, 2, 300)
    result = adbench.check(m.sines, *inputs, gradient=m.sines_gradient)
    assert len(result.script) < 2000
    ad, numeric = shown(result, tmp_path)
    assert ad == pytest.approx(-numeric)


@pytest.mark.torch
def test_a_large_tree_in_torch_is_loaded_leaf_by_leaf(module, tmp_path):
    m = module(TORCH, "large_in_torch")
    params = {"w": np.linspace(0, 1, 600).reshape(300, 2), "b": np.array([1.0])}
    result = adbench.check(m.tree, params, np.array([1, 0, 1]), backend="torch")
    assert "np.array([1.0])" in result.script
    ad, numeric = shown(result, tmp_path)
    assert ad == pytest.approx(numeric / 2)


def test_a_function_that_cannot_be_imported_leaves_a_gap_to_fill():
    result = adbench.check(lambda x: np.sum(x**2), np.ones(2), gradient=lambda x: x)
    assert "function = ...  # put <lambda> here" in result.script


def test_there_is_none_without_a_failing_element_or_for_a_very_large_input():
    def f(x):
        return np.sum(x**2)

    assert adbench.check(f, np.ones(3)).script == ""
    assert adbench.check(f, np.ones(3), gradient=lambda x: 2 * x.reshape(3, 1)).script == ""
    assert adbench.check(f, np.ones(250_000), gradient=lambda x: x).script == ""


def test_there_is_none_where_a_plain_difference_would_not_show_it():
    result = adbench.check(
        lambda x: np.sum(x**2), np.array([1.0, 3.0]), gradient=lambda x: 2 * x * (1 + 1e-8)
    )
    assert result.verdict is Verdict.FAIL
    assert result.script == ""
