from collections import OrderedDict, namedtuple

import optree
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adbench.backends import trees

Pair = namedtuple("Pair", "first second")
KEYS = st.one_of(st.text(max_size=5), st.integers(), st.sampled_from(["a'b", 'a"b', "\\", "[0]"]))


def _nested(children):
    return st.one_of(
        st.lists(children, max_size=3),
        st.lists(children, max_size=3).map(tuple),
        st.dictionaries(KEYS, children, max_size=3),
        st.builds(Pair, children, children),
        st.dictionaries(KEYS, children, max_size=2).map(OrderedDict),
    )


TREES = st.recursive(st.one_of(st.floats(allow_nan=False), st.none()), _nested, max_leaves=12)


@given(TREES)
def test_a_leafs_name_is_the_expression_that_fetches_it(tree):
    names, leaves, _ = trees.flatten(tree, "root")
    assert len(set(names)) == len(names)
    for name, leaf in zip(names, leaves, strict=True):
        assert eval(name, {"root": tree}) is leaf


@given(TREES)
def test_flattening_is_undone_by_unflattening(tree):
    _, leaves, spec = trees.flatten(tree, "root")
    assert trees.flatten_leaves(tree) == (leaves, spec)
    assert trees.structure(tree) == spec
    again = trees.unflatten(spec, leaves)
    assert type(again) is type(tree)
    assert again == tree


def test_none_is_an_empty_tree():
    assert trees.flatten({"a": None, "b": 1.0}, "x")[0] == ["x['b']"]


def test_an_unknown_container_is_a_leaf():
    class Box:
        pass

    box = Box()
    assert trees.flatten([box], "x")[:2] == (["x[0]"], [box])


@pytest.mark.parametrize("tree", [{}, [], (), None])
def test_nothing_has_no_leaves(tree):
    assert trees.flatten(tree, "x")[:2] == ([], [])
    assert trees.structure(tree).num_leaves == 0
    assert isinstance(trees.structure(tree), optree.PyTreeSpec)
