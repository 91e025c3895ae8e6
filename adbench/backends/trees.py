"""Trees of arrays: flattened with optree, their leaves named as a user would write them."""

from __future__ import annotations

from typing import Any

import optree

Spec = optree.PyTreeSpec


def flatten(tree: Any, root: str) -> tuple[list[str], list[Any], Spec]:
    """Leaf names, leaves and structure: `{"w": [a]}` under root `p` gives `p['w'][0]`.

    None counts as an empty tree, as in JAX; dict keys come in sorted order.
    """
    accessors, leaves, spec = optree.tree_flatten_with_accessor(tree)
    return [accessor.codify(root) for accessor in accessors], leaves, spec


def flatten_leaves(tree: Any) -> tuple[list[Any], Spec]:
    """Leaves and structure, for the call that is made hundreds of times."""
    return optree.tree_flatten(tree)


def unflatten(spec: Spec, leaves: list[Any]) -> Any:
    """The tree of this structure with these leaves."""
    return optree.tree_unflatten(spec, leaves)


def structure(tree: Any) -> Spec:
    """The tree's structure alone."""
    return optree.tree_structure(tree)
