"""Where the nodes of a graph are drawn: in layers, with few crossings and short edges.

After Sugiyama, Tagawa and Toda (1981): longest-path layers, an order within them by barycentres,
then the positions nearest to the neighbours' that keep this order.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_GAP_X, _GAP_Y = 28.0, 46.0
_SWEEPS = 12
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
    """Each node's layer: the longest path to it; what nothing leads to moves near its readers."""
    before: dict[int, list[int]] = {node: [] for node in nodes}
    after: dict[int, list[int]] = {node: [] for node in nodes}
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    layer: dict[int, int] = {}
    for node in nodes:
        layer[node] = max((layer[source] + 1 for source in before[node]), default=0)
    for node in nodes:
        if not before[node] and after[node]:
            layer[node] = min(layer[target] for target in after[node]) - 1
    return layer


def _chains(vertices: dict[int, _Vertex], edges: object) -> dict[Edge, list[int]]:
    """Each edge as the vertices that it passes, a new one in every layer between its ends."""
    chains: dict[Edge, list[int]] = {}
    new = max(vertices) + 1
    for source, target in dict.fromkeys(edges):  # type: ignore[call-overload]
        chain = [source]
        for layer in range(vertices[source].layer + 1, vertices[target].layer):
            vertices[new] = _Vertex(1.0, 0.0, layer)
            chain.append(new)
            new += 1
        chain.append(target)
        for a, b in itertools.pairwise(chain):
            vertices[a].after.append(b)
            vertices[b].before.append(a)
        chains[source, target] = chain
    return chains


def _order(layers: list[list[int]], vertices: dict[int, _Vertex]) -> None:
    """Sort each layer by the mean place of its neighbours, down and up in turns; keep the best."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, vertices)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for layer in layers[1:] if down else reversed(layers[:-1]):
            place = _places(layers, vertices)
            layer.sort(key=lambda name, place=place, down=down: _mean(name, place, vertices, down))  # type: ignore[misc]
        if (crossings := _crossings(layers, vertices)) < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
        if fewest == 0:
            break
    layers[:] = best


def _places(layers: list[list[int]], vertices: dict[int, _Vertex]) -> dict[int, float]:
    return {name: i / len(layer) for layer in layers for i, name in enumerate(layer)}


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
    """Give every vertex its x: near its neighbours, in the layer's order, none on another."""
    for layer in layers:
        _settle(layer, vertices, [0.0] * len(layer))
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            wanted = []
            for name in layer:
                vertex = vertices[name]
                neighbours = vertex.before if down else vertex.after
                around = neighbours or vertex.before or vertex.after
                xs = [vertices[n].x for n in around]
                wanted.append(sum(xs) / len(xs) if xs else vertex.x)
            _settle(layer, vertices, wanted)


def _settle(layer: list[int], vertices: dict[int, _Vertex], wanted: list[float]) -> None:
    """The positions nearest to the wanted ones (least squares) that keep order and distance.

    Isotonic regression by pooling adjacent violators, once distances are taken off.
    """
    offsets, offset = [], 0.0
    for i, name in enumerate(layer):
        if i:
            offset += (vertices[layer[i - 1]].width + vertices[name].width) / 2 + _GAP_X
        offsets.append(offset)
    pools: list[tuple[float, int]] = []
    for target, offset in zip(wanted, offsets, strict=True):
        mean, count = target - offset, 1
        while pools and pools[-1][0] > mean:
            before, number = pools.pop()
            mean, count = (before * number + mean * count) / (number + count), number + count
        pools.append((mean, count))
    flat = [mean for mean, count in pools for _ in range(count)]
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
