"""The layered layout: its defining properties, on graphs drawn at random."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from adbench.report.graph_layout import layered


@st.composite
def graphs(draw):
    """Sizes in the order of the flow, and edges, some of which may go back."""
    count = draw(st.integers(1, 25))
    size = st.tuples(st.floats(20, 200), st.floats(20, 80))
    sizes = {i: draw(size) for i in range(count)}
    node = st.integers(0, count - 1)
    edges = draw(st.lists(st.tuples(node, node).filter(lambda e: e[0] != e[1]), max_size=40))
    return sizes, list(dict.fromkeys(edges))


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_no_two_nodes_overlap_and_all_lie_inside(graph):
    sizes, edges = graph
    layout = layered(sizes, edges)
    boxes = [
        (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        for (x, y), (w, h) in ((layout.centres[n], sizes[n]) for n in sizes)
    ]
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert top >= 0
        assert right <= layout.width
        assert bottom <= layout.height
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_edges_go_down_from_box_to_box_unless_they_go_back(graph):
    sizes, edges = graph
    layout = layered(sizes, edges)
    assert set(layout.routes) == set(edges)
    for (source, target), route in layout.routes.items():
        heights = [y for _, y in route]
        down = source < target
        assert heights == sorted(heights, reverse=not down)
        assert route[0][0] == layout.centres[source][0]
        assert route[-1][0] == layout.centres[target][0]


def test_a_chain_is_a_straight_line():
    layout = layered(dict.fromkeys(range(5), (100.0, 30.0)), [(i, i + 1) for i in range(4)])
    assert len({x for x, _ in layout.centres.values()}) == 1


def test_crossings_that_need_not_be_are_not():
    sizes = dict.fromkeys(range(6), (50.0, 20.0))
    layout = layered(sizes, [(0, 5), (1, 4), (2, 3)])
    uppers = sorted(range(3), key=lambda n: layout.centres[n][0])
    lowers = sorted(range(3, 6), key=lambda n: layout.centres[n][0])
    assert [5 - n for n in uppers] == lowers


def test_an_input_lies_near_what_reads_it():
    sizes = dict.fromkeys(range(5), (50.0, 20.0))
    # 0 -> 2 -> 3 -> 4, and input 1 is read by 4 only
    layout = layered(sizes, [(0, 2), (2, 3), (3, 4), (1, 4)])
    assert layout.centres[1][1] == layout.centres[3][1]


def test_nothing_at_all():
    assert layered({}, []).centres == {}
