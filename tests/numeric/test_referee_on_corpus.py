"""The referee on the corpus's right but hard functions, against its own 120-digit derivatives."""

import numpy as np
import optree
import pytest
from corpus import catalogue, entry, truth

from adbench.numeric.referee import exact_derivatives

ELEMENTS = 16
RESOLUTION = 1e-20
"""What the corpus's one-sided quotients with steps of 1e-25 leave open, by a wide margin."""

LARGEST = 1_000

HARD = {
    hard.id: hard
    for hard in catalogue.hards("native")
    if sum(value.size for value in entry.make_inputs(hard, 0).values()) <= LARGEST
}


def scaled(leaves, k, index):
    """The direction of one element, as long as the element."""
    direction = [np.zeros(leaf.shape) for leaf in leaves]
    direction[k][index] = abs(leaves[k][index]) or 1.0
    return direction


@pytest.mark.slow
@pytest.mark.parametrize("name", HARD)
def test_every_derivative_is_the_corpuss_own(name):
    hard = HARD[name]
    function = hard.on("native")
    inputs = entry.make_inputs(hard, 0)
    active = entry.differentiable(hard, inputs)
    names = [key for key in inputs if active[key]]
    x = [inputs[key] for key in names]

    def apply(leaves):
        # Copies: what a function writes into its inputs must not reach the next call.
        plain = {key: value.copy() for key, value in inputs.items()}
        return optree.tree_leaves(function(**(plain | dict(zip(names, leaves, strict=True)))))

    weights = [np.ones(np.shape(output)) for output in apply([leaf.copy() for leaf in x])]
    places = [(k, i) for k, leaf in enumerate(x) for i in np.ndindex(leaf.shape)][:ELEMENTS]
    directions = [scaled(x, k, i) for k, i in places]
    found = exact_derivatives(apply, x, directions, [weights], deadline=60.0)

    references = {}
    if not any(np.iscomplexobj(leaf) for leaf in x):
        intervals = truth.gradient(hard.exact(), inputs, active, weights, limit=ELEMENTS)
        references = {(interval.name, interval.index): interval for interval in intervals}
    for d, (k, i) in enumerate(places):
        length = directions[d][k][i]
        sides = [found.value[d, 0]] * 2
        doubt = found.bound[d, 0]
        if found.kink[d, 0]:
            sides = sorted([found.left[d, 0], found.right[d, 0]])
            doubt = found.left_bound[d, 0] + found.right_bound[d, 0]
        assert np.isfinite(doubt)
        reference = references.get((names[k], i))
        if reference is not None:
            for side, expected in zip(sides, (reference.low, reference.high), strict=True):
                slack = RESOLUTION * length + 4e-16 * abs(expected * length)
                assert abs(side - expected * length) <= doubt + slack
