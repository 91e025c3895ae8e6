"""Where the nodes of a graph are drawn: in layers, with few crossings and short edges.

After Sugiyama, Tagawa and Toda (1981): longest-path layers, an order within them by barycentres,
then the positions nearest to the neighbours' that keep this order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_GAP_X, _GAP_Y = 28.0, 46.0
_SWEEPS, _PULLS = 12, 24
_MARGIN = 12.0

Edge = tuple[int, int]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Nodes by their centres, and edges as the points that they pass; y grows downwards."""

    width: float
    height: float
    centres: dict[int, Point]
    routes: dict[Edge, list[Point]]


@dataclass(slots=True)
class _Vertex:
    """A node, or a bend of an edge on its way through a layer."""

    width: float
    height: float
    layer: int
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    x: float = 0.0

    @property
    def is_bend(self) -> bool:
        """Whether this is a point on an edge."""
        return self.height == 0.0

    @property
    def is_pendant(self) -> bool:
        """Whether nothing leads here, and one edge from here."""
        return not self.before and len(self.after) == 1


def layered(sizes: Mapping[int, tuple[float, float]], edges: Sequence[Edge]) -> Layout:
    """Lay out nodes of these sizes (width, height); the order of `sizes` is that of the flow.

    An edge that goes against the order (a loop's) is laid out as if it went with it.
    """
    if not sizes:
        return Layout(2 * _MARGIN, 2 * _MARGIN, {}, {})
    place = {node: i for i, node in enumerate(sizes)}
    forward = {e: (e if place[e[0]] < place[e[1]] else (e[1], e[0])) for e in edges}
    layers_of = _layers(list(sizes), set(forward.values()))
    vertices = {
        node: _Vertex(width, height, layers_of[node]) for node, (width, height) in sizes.items()
    }
    chains = _chains(vertices, forward.values())
    layers: list[list[int]] = [[] for _ in range(max(layers_of.values()) + 1)]
    for name, vertex in vertices.items():
        layers[vertex.layer].append(name)
    _order(layers, vertices)
    _place(layers, vertices)
    return _drawn(layers, vertices, chains, forward, list(sizes))


def _layers(nodes: Sequence[int], edges: set[Edge]) -> dict[int, int]:
    """Each node's layer: the longest path to it, or later where that makes no edges longer.

    A node that reads no more than it is read by moves down to its first reader: an input, or
    0.1·x inside a loop, then stands beside what it is for.
    """
    before: dict[int, list[int]] = {node: [] for node in nodes}
    after: dict[int, list[int]] = {node: [] for node in nodes}
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    layer: dict[int, int] = {}
    for node in nodes:
        layer[node] = max((layer[source] + 1 for source in before[node]), default=0)
    for node in reversed(nodes):
        if after[node] and len(before[node]) <= len(after[node]):
            layer[node] = min(layer[target] for target in after[node]) - 1
    return layer


def _chains(vertices: dict[int, _Vertex], edges: Iterable[Edge]) -> dict[Edge, list[int]]:
    """Each edge as the vertices that it passes, one in every layer between its ends.

    Edges from one node share their bends: what is read in many places leaves as one line.
    """
    chains: dict[Edge, list[int]] = {}
    bends: dict[tuple[int, int], int] = {}
    new = max(vertices) + 1
    for source, target in dict.fromkeys(edges):
        chain = [source]
        for layer in range(vertices[source].layer + 1, vertices[target].layer):
            if (source, layer) not in bends:
                bends[source, layer] = new
                vertices[new] = _Vertex(1.0, 0.0, layer)
                new += 1
            chain.append(bends[source, layer])
        chain.append(target)
        for a, b in itertools.pairwise(chain):
            if b not in vertices[a].after:
                vertices[a].after.append(b)
                vertices[b].before.append(a)
        chains[source, target] = chain
    return chains


def _order(layers: list[list[int]], vertices: dict[int, _Vertex]) -> None:
    """Sort each layer by the mean place of its neighbours, down and up in turns; keep the best."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, vertices)
    place = {name: i / len(layer) for layer in layers for i, name in enumerate(layer)}
    for sweep in range(_SWEEPS):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        for layer in layers[1:] if down else reversed(layers[:-1]):
            means = {name: _mean(name, place, vertices, down) for name in layer}
            layer.sort(key=means.__getitem__)
            place.update((name, i / len(layer)) for i, name in enumerate(layer))
        if (crossings := _crossings(layers, vertices)) < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    layers[:] = best


def _mean(name: int, place: dict[int, float], vertices: dict[int, _Vertex], down: bool) -> float:
    neighbours = vertices[name].before if down else vertices[name].after
    if not neighbours:
        return place[name]
    return sum(place[n] for n in neighbours) / len(neighbours)


def _crossings(layers: list[list[int]], vertices: dict[int, _Vertex]) -> int:
    """How many pairs of edges cross between neighbouring layers."""
    total = 0
    for upper, lower in itertools.pairwise(layers):
        place = {name: i for i, name in enumerate(lower)}
        tree = [0] * (len(lower) + 1)  # a Fenwick tree counts the edges that end further right
        seen = 0
        for name in upper:
            ends = sorted(place[target] for target in vertices[name].after)
            for end in ends:
                total += seen - _count(tree, end + 1)
            for end in ends:
                seen += 1
                index = end + 1
                while index < len(tree):
                    tree[index] += 1
                    index += index & -index
    return total


def _count(tree: list[int], index: int) -> int:
    found = 0
    while index > 0:
        found += tree[index]
        index -= index & -index
    return found


def _place(layers: list[list[int]], vertices: dict[int, _Vertex]) -> None:
    """Give every vertex its x: near its neighbours, in the layer's order, none on another.

    Neighbours above and below pull at once. Were it those above in one sweep and those below in
    the next, a node beside a long edge would be pushed aside a little further in every layer.
    """
    for layer in layers:
        _settle(layer, vertices, [(0.0, 1.0)] * len(layer))
    for sweep in range(_PULLS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            _settle(layer, vertices, [_pulled(vertices[name], vertices) for name in layer])


def _pulled(vertex: _Vertex, vertices: dict[int, _Vertex]) -> tuple[float, float]:
    """Where a vertex's neighbours want it, the mean of where they are, and how strongly."""
    pulls = [
        (vertices[n].x, _strength(vertex, vertices[n])) for n in (*vertex.before, *vertex.after)
    ]
    total = sum(strength for _, strength in pulls)
    if not total:
        return vertex.x, 0.1
    return sum(x * strength for x, strength in pulls) / total, total


def _strength(a: _Vertex, b: _Vertex) -> float:
    """How hard two neighbours pull at each other.

    Two bends do so hard, for a straight line; an input that is read once hardly does, so that it
    stands beside the way from the other inputs to the output, and not in it.
    """
    if a.is_bend and b.is_bend:
        return 4.0
    return 0.1 if a.is_pendant or b.is_pendant else 1.0


def _settle(
    layer: list[int], vertices: dict[int, _Vertex], wanted: list[tuple[float, float]]
) -> None:
    """The positions nearest to the wanted ones (least squares) that keep order and distance.

    `wanted` gives each vertex's position and its weight. Isotonic regression by pooling adjacent
    violators, once distances are taken off.
    """
    offsets, offset = [], 0.0
    for i, name in enumerate(layer):
        if i:
            offset += (vertices[layer[i - 1]].width + vertices[name].width) / 2 + _GAP_X
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []
    for (target, weight), offset in zip(wanted, offsets, strict=True):
        mean, count = target - offset, 1
        while pools and pools[-1][0] > mean:
            before, heft, number = pools.pop()
            mean = (before * heft + mean * weight) / (heft + weight)
            weight, count = heft + weight, number + count
        pools.append((mean, weight, count))
    flat = [mean for mean, _, count in pools for _ in range(count)]
    for name, value, offset in zip(layer, flat, offsets, strict=True):
        vertices[name].x = value + offset


def _drawn(
    layers: list[list[int]],
    vertices: dict[int, _Vertex],
    chains: dict[Edge, list[int]],
    forward: dict[Edge, Edge],
    nodes: list[int],
) -> Layout:
    """Coordinates with the origin in the upper left corner."""
    left = min(v.x - v.width / 2 for v in vertices.values()) - _MARGIN
    right = max(v.x + v.width / 2 for v in vertices.values()) + _MARGIN
    middle: list[float] = []
    tops: list[tuple[float, float]] = []
    y = _MARGIN
    for layer in layers:
        height = max((vertices[name].height for name in layer), default=0.0)
        middle.append(y + height / 2)
        tops.append((y, y + height))
        y += height + _GAP_Y
    centres = {n: (vertices[n].x - left, middle[vertices[n].layer]) for n in nodes}
    routes: dict[Edge, list[Point]] = {}
    for edge, laid in forward.items():
        source, *bends, target = chains[laid]
        (x0, y0), (x1, y1) = centres[source], centres[target]
        points = [(x0, y0 + vertices[source].height / 2)]
        for bend in bends:
            x, (top, bottom) = vertices[bend].x - left, tops[vertices[bend].layer]
            points += [(x, top), (x, bottom)] if bottom > top else [(x, top)]
        points.append((x1, y1 - vertices[target].height / 2))
        routes[edge] = points if edge == laid else points[::-1]
    return Layout(right - left, y - _GAP_Y + _MARGIN, centres, routes)
