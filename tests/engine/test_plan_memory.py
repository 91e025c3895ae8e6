"""A plan's memory: live blocks never overlap, free parts are used again, and copies are apart."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from adbench.engine.plan.memory import PAGE, SMALL, Arena, Elsewhere, Spec, address

SIZES = st.one_of(st.integers(0, 300), st.integers(SMALL - 70, SMALL + 70), st.integers(0, 1 << 18))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SIZES, st.floats(0, 1), st.booleans()), max_size=60))
def test_live_blocks_never_overlap(steps):
    arena = Arena()
    live = []
    for nbytes, which, give in steps:
        if give and live:
            arena.give(live.pop(int(which * (len(live) - 1))))
        else:
            block = arena.take(nbytes)
            assert block.size >= nbytes
            assert block.start + block.size <= len(arena.pages[block.page])
            live.append(block)
        taken = sorted((b.page, b.start, b.start + b.size) for b in live)
        for (page, _, stop), (other, start, _) in pairwise(taken):
            assert page != other or stop <= start
    for block in live:
        arena.give(block)
    before = arena.nbytes
    for page in sorted(map(len, arena.pages), reverse=True):
        if page > SMALL:
            continue
        arena.take(page)  # what was given back has grown together to whole pages again
    assert arena.nbytes == before


def test_large_values_take_no_more_than_they_need():
    arena = Arena()
    blocks = [arena.take(80_000) for _ in range(3)]
    assert arena.nbytes == 3 * 80_000
    arena.give(blocks[1])
    arena.take(100)
    assert arena.take(80_000) == blocks[1]  # no small value lies in it
    arena.give(blocks[0])
    halves = [arena.take(40_000), arena.take(39_000)]
    assert {b.page for b in halves} == {blocks[0].page}


def test_small_values_share_pages():
    arena = Arena()
    for _ in range(1000):
        arena.take(64)
    assert len(arena.pages) < 30
    assert max(map(len, arena.pages)) <= PAGE
    assert arena.nbytes <= 1.25 * 64_000


def test_arrays_are_aligned_and_laid_out_as_recorded():
    arena = Arena()
    like = np.empty((2, 3, 4)).transpose(2, 0, 1)
    spec = Spec.of(like)
    found = arena.array(arena.take(spec.nbytes), spec)
    assert found.strides == like.strides
    assert address(found) % 64 == 0
    empty = Spec.of(np.empty((0, 3)))
    assert arena.array(arena.take(empty.nbytes), empty).shape == (0, 3)


def test_elsewhere_moves_what_lies_in_the_pages_and_nothing_else():
    arena = Arena()
    spec = Spec.of(np.empty((4, 5)))
    mine = arena.array(arena.take(spec.nbytes), spec)
    other = np.arange(20.0).reshape(4, 5)
    mine[...] = other
    moved = Elsewhere(arena.pages)
    views = (mine[::-1, 1:].T, np.broadcast_to(mine[0], (3, 5)), mine[1:2, 2], slice(mine, None))
    flipped, stretched, part, slices = moved(views)
    method = moved(mine.fill)
    method(7.0)
    np.testing.assert_array_equal(mine, other)
    assert (flipped == 7).all()
    assert (stretched == 7).all()
    assert (part == 7).all()
    assert flipped.shape == (4, 4)
    assert flipped.strides == views[0].strides
    assert np.shares_memory(slices.start, flipped)
    assert not np.shares_memory(flipped, mine)
    assert moved(mine) is moved(mine)
    for kept in (other, np.add, 3, None, "text"):
        assert moved(kept) is kept
    assert moved(other.fill).__self__ is other
