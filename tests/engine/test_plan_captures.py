"""What a compiled function reads besides its arguments may change between calls: never stale.

Each entry is an expression that f reads, and a statement that changes what it reads.
"""

import collections
import dataclasses
import functools
import types

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adbench.engine import value_and_grad

CAPTURES = {
    "an element of an array": ("S.array", "S.array[0] += 1.0"),
    "an array": ("S.other", "S.other = np.full(3, value)"),
    "an attribute": ("S.k", "S.k = value"),
    "an item": ("S.d['w']", "S.d['w'] = value"),
    "an array in a dict": ("S.d['a']", "S.d['a'] *= 1.5"),
    "a list's item": ("S.l[0]", "S.l[0] = value"),
    "a list's length": ("len(S.l) * 0.1", "S.l.append(1.0)"),
    "a list's sum": ("sum(v for v in S.l)", "S.l[-1] = value"),
    "a dict's values": ("sum(S.d2.values())", "S.d2[str(value)] = value"),
    "a set": ("float(len(S.s))", "S.s.add(value)"),
    "a deque": ("S.q[0]", "S.q[0] = value"),
    "an array in a tuple": ("S.t[1].sum()", "S.t[1][0] += 1.0"),
    "a global": ("GLOBAL", "globals()['GLOBAL'] = value"),
    "a global array": ("ARRAY", "ARRAY[:] = value"),
    "a 0-d array": ("ZERO_D[()]", "ZERO_D[()] = value"),
    "a view": ("VIEW.sum()", "BASE[0] += 1.0"),
    "a cell": ("cell()", "set_cell(value)"),
    "a default": ("helper()", "helper.__defaults__ = (value,)"),
    "a function": ("S.fn(x).sum() * 0.1", "S.fn = np.cos if S.fn is np.sin else np.sin"),
    "a lambda": ("S.make()", "S.make = constant(value)"),
    "a partial": ("part(2.0)", "part.keywords['k'] = value"),
    "a method": ("S.scaled()", "S.k = value"),
    "a property": ("S.shifted", "S.hidden = value"),
    "an inherited method": ("S.from_base()", "S.base = value"),
    "an object that is called": ("S.called(1.0)", "S.called.m = value"),
    "a class attribute": ("K.c", "K.c = value"),
    "a nested attribute": ("S.inner.v", "S.inner.v = value"),
    "a data class": ("S.data.q", "S.data.q = value"),
    "a slot": ("S.slots.a", "S.slots.a = value"),
    "a module": ("MODULE.p", "MODULE.p = value"),
    "by getattr": ("getattr(S, 'k')", "S.k = value"),
    "by vars": ("vars(S)['k']", "S.k = value"),
    "a flag": ("(1.0 if S.flag else 2.0)", "S.flag = not S.flag"),
    "a name": ("{'a': 1.0, 'b': 3.0}[S.name]", "S.name = 'b' if S.name == 'a' else 'a'"),
    "a dtype": (
        "np.ones(1, S.dtype)[0] * 0.3",
        "S.dtype = np.float32 if S.dtype is np.float64 else np.float64",
    ),
    "a NumPy number": ("S.number", "S.number = np.float64(value)"),
}


class Thing:
    def __init__(self, **attributes):
        vars(self).update(attributes)

    def __call__(self, x):
        return self.m * x


@dataclasses.dataclass
class Data:
    q: float = 1.0


class Slots:
    __slots__ = ("a",)


class Base:
    base = 1.0

    def from_base(self):
        return self.base * 2


class State(Base):
    def __init__(self):
        self.array, self.other, self.t = np.arange(3.0), np.ones(3), (1, np.ones(2))
        self.k, self.hidden, self.flag, self.name = 1.5, 0.5, True, "a"
        self.d, self.d2, self.l, self.s = {"w": 2.0, "a": np.ones(3)}, {"z": 1.0}, [1.0, 2.0], {1}
        self.q, self.fn, self.make = collections.deque([1.0]), np.sin, constant(1.0)
        self.inner, self.data, self.slots, self.called = Thing(v=1.0), Data(), Slots(), Thing(m=2.0)
        self.slots.a, self.dtype, self.number = 1.0, np.float64, np.float64(2.0)

    def scaled(self):
        return self.k * 2

    @property
    def shifted(self):
        return self.hidden + 1

    def from_base(self):
        return super().from_base() + 1


def constant(value):
    return lambda: value


def cell_of(value):
    def get():
        return value

    def put(other):
        nonlocal value
        value = other

    return get, put


def space():
    cell, set_cell = cell_of(1.0)
    base, module = np.ones(3), types.ModuleType("captured")
    module.p = 1.0
    names = {
        "np": np, "S": State(), "GLOBAL": 1.0, "ARRAY": np.ones(3), "ZERO_D": np.array(1.0),
        "BASE": base, "VIEW": base[:2], "cell": cell, "set_cell": set_cell, "MODULE": module,
        "K": type("K", (), {"c": 1.0}), "constant": constant,
        "part": functools.partial(lambda z, k=1.0: z * k, k=1.0),
    }  # fmt: skip
    exec("def helper(a=1.0):\n    return a", names)
    return names


def function_of(captures, names):
    steps = [f"    x = x * np.sin({CAPTURES[c][0]}) + {CAPTURES[c][0]}" for c in captures]
    exec("\n".join(["def f(x):", *steps, "    return np.sum(x**2)"]), names)
    return names["f"]


def check(captures, changes):
    rng = np.random.default_rng(0)
    names = space()
    f = function_of(captures, names)
    compiled, eager = value_and_grad(f, mode="compiled"), value_and_grad(f)
    for change in [None, None, None, *changes]:
        if change is not None:
            names["value"] = rng.normal()
            exec(CAPTURES[captures[change % len(captures)]][1], names)
        x = rng.normal(size=3)
        for actual, expected in zip(compiled(x), eager(x), strict=True):
            np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-12)
    return compiled


@pytest.mark.parametrize("name", CAPTURES)
def test_one(name):
    check([name], [0, None, None, 0, None])


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    captures=st.lists(st.sampled_from(list(CAPTURES)), min_size=1, max_size=4, unique=True),
    changes=st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=3, max_size=12),
)
def test_several(captures, changes):
    check(captures, changes)
