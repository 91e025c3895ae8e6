"""Every case of every bundled suite: equal values and gradients by the engine, torch and jax.

Here the libraries are called directly, with none of adbench's backends in between.
"""

from itertools import combinations
from pathlib import Path

import numpy as np
import optree
import pytest

from adbench import engine
from adbench.suite import call_params, load_function, load_suites, make_inputs

SUITES = load_suites(Path(__file__).parents[2] / "suites")
CASES = [case for suite in SUITES for case in suite.cases]
SMALL = [case for case in CASES if "large" not in case.tags]

RTOL = {"float32": 2e-5, "float64": 1e-10, "complex128": 1e-10}

COARSER = {
    "exponentials_vanishing": 1e-3,  # torch and jax take (eˣ − 1) + 1 for a slope of 10⁻¹³
    "kernel_ridge_small_ridge": 1e-7,  # a matrix of condition 10⁷
    "variance_offset": 1e-8,  # x − mean loses six digits
}
"""What two libraries can agree to where a case's own condition is to blame."""


def by_name(case):
    return f"{case.suite}/{case.name}"


class Problem:
    """A case's function on one library, as a function of its differentiable leaves."""

    def __init__(self, case, backend):
        function = load_function(case.functions.get(backend) or case.functions["*"])
        arguments, flags = make_inputs(case)
        self.leaves, self.spec = optree.tree_flatten(arguments)
        self.active = [i for i, flag in enumerate(optree.tree_leaves(flags)) if flag]
        params = call_params(function, case.params, case.inputs)
        self.call = lambda arguments: function(**arguments, **params)

    @property
    def point(self):
        return [self.leaves[i] for i in self.active]

    def __call__(self, convert, active):
        """The outputs as a flat list, data converted to the library's arrays."""
        leaves = [convert(leaf) for leaf in self.leaves]
        for i, leaf in zip(self.active, active, strict=True):
            leaves[i] = leaf
        return optree.tree_leaves(self.call(optree.tree_unflatten(self.spec, leaves)))


def has(case, backend):
    runs = case.backends is None or backend in case.backends
    return runs and ("*" in case.functions or backend in case.functions)


def value_by_numpy(case):
    problem = Problem(case, "native")
    return problem(np.asarray, problem.point)


def value_and_gradient_by_the_engine(case):
    problem = Problem(case, "native")
    outputs, pull = engine.vjp(lambda *leaves: problem(np.asarray, leaves), *problem.point)
    cotangents = [np.asarray(c, dtype=o.dtype) for c, o in random_cotangents(outputs)]
    return outputs, pull(cotangents)


def value_and_gradient_by_torch(torch, case):
    problem = Problem(case, "torch")
    tensors = [torch.tensor(leaf, requires_grad=True) for leaf in problem.point]
    outputs = problem(torch.tensor, tensors)
    cotangents = [torch.tensor(c).to(o.dtype) for c, o in random_cotangents(outputs)]
    gradients = torch.autograd.grad(outputs, tensors, cotangents)
    # PyTorch's complex gradient is the conjugate of JAX's.
    return [out.detach().numpy() for out in outputs], [np.conj(g.numpy()) for g in gradients]


def value_and_gradient_by_jax(jax, case):
    problem = Problem(case, "jax")

    @jax.jit
    def pull_back(leaves):
        outputs, pull = jax.vjp(lambda leaves: problem(jax.numpy.asarray, leaves), leaves)
        return outputs, pull([c.astype(o.dtype) for c, o in random_cotangents(outputs)])[0]

    return pull_back(problem.point)


def random_cotangents(outputs):
    """The same cotangents for every library, each with its output."""
    rng = np.random.default_rng(1)
    return [(np.asarray(rng.normal(size=tuple(output.shape))), output) for output in outputs]


def assert_close(ours, theirs, case):
    rtol = COARSER.get(case.base, RTOL[case.dtype])
    for a, b in zip(ours, theirs, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        assert np.isfinite(a).all()
        scale = np.abs(a).max(initial=0)
        np.testing.assert_allclose(b, a, rtol=rtol, atol=1e-3 * rtol * scale)


@pytest.mark.slow
@pytest.mark.parametrize("case", SMALL, ids=by_name)
def test_libraries_agree(case, torch, jax):
    values, gradients = {}, {}
    if has(case, "native"):
        values["numpy"] = value_by_numpy(case)
        values["native"], gradients["native"] = value_and_gradient_by_the_engine(case)
    if has(case, "torch"):
        values["torch"], gradients["torch"] = value_and_gradient_by_torch(torch, case)
    if has(case, "jax"):
        values["jax"], gradients["jax"] = value_and_gradient_by_jax(jax, case)
    assert gradients
    for first, second in combinations(values, 2):
        assert_close(values[first], values[second], case)
    if case.base.endswith("_kink"):
        return  # subgradients: each library has its own
    announced = [gradients.pop(xfail.backend) for xfail in case.xfail]
    for first, second in combinations(gradients, 2):
        assert_close(gradients[first], gradients[second], case)
    for wrong in announced:
        with pytest.raises(AssertionError):
            assert_close(gradients["native"], wrong, case)


FLOAT64 = [case for case in SMALL if case.dtype == "float64" and case.base != "mixed_precision"]


@pytest.mark.parametrize("case", FLOAT64, ids=by_name)
def test_float32_stays_float32(case, torch):
    """No constant of a function's own may widen its result."""
    case = case.model_copy(update={"dtype": "float32", "inputs": narrowed(case.inputs)})
    with np.errstate(over="ignore", divide="ignore"):  # 1e200 and 1e-200 are not float32
        if has(case, "native"):
            assert {np.asarray(value).dtype.name for value in value_by_numpy(case)} == {"float32"}
        if has(case, "torch"):
            problem = Problem(case, "torch")
            outputs = problem(torch.tensor, list(map(torch.tensor, problem.point)))
            assert {output.dtype for output in outputs} == {torch.float32}


def narrowed(inputs):
    """Inputs with every explicit float64 left to the case's dtype."""
    free = {"dtype": None}
    return optree.tree_map(
        lambda spec: spec.model_copy(update=free) if spec.dtype == "float64" else spec, inputs
    )


# A mask's number of elements, and a branch, depend on the data, which `meta` does not have.
ON_DATA = {"boolean_mask", "branch", "rows", "newton_root"}
ON_TORCH = [case for case in CASES if has(case, "torch") and case.base not in ON_DATA]


@pytest.mark.parametrize("case", ON_TORCH, ids=by_name)
def test_results_stay_on_the_inputs_device(case, torch):
    """PyTorch's `meta` device stands for any that is not the CPU: no data, only shapes."""

    def convert(leaf):
        return torch.tensor(leaf, device="meta")

    problem = Problem(case, "torch")
    outputs = problem(convert, list(map(convert, problem.point)))
    assert {output.device.type for output in outputs} == {"meta"}


def test_names_descriptions_and_tags():
    assert len({by_name(case) for case in CASES}) == len(CASES)
    for case in CASES:
        assert ("large" in case.tags) == case.base.endswith("_large"), case.name
        assert "kink" in case.description or not case.base.endswith("_kink"), case.name
