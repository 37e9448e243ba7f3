"""Hip roofs over any footprint: all walls' roof planes rise alike, and the straight skeleton is where they meet.

Method: the wavefront of Aichholzer, Aurenhammer, Alberts, Gärtner, "A novel type of skeleton for polygons" (1995).
All edges move inwards at one speed; a vertex of the shrinking front dies when an edge beside it has shrunk to
nothing (edge event) or when it runs into an opposite edge (split event). What vertices run along are the ridges,
valleys and hips; the time of an event is its height. Events are looked for among all pairs, as footprints are small.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import Floats

MOST_VERTICES = 40
_TIE_M = 1e-7
"""Events closer than this happen together, points closer than this are one."""
PLANE_M = 2e-3
"""How far a corner of a face may lie off its plane."""
AREA_SHARE = 1e-5
"""How far the faces may be from covering the polygon."""
_OPPOSITE = 1e-9
"""1 + cosine of two edges' normals: below this they face each other and their front collapses to a ridge."""

_Point = tuple[float, float]


@dataclass(frozen=True)
class Skeleton:
    """Faces over their corners, as the numbers came out; `skeleton_roof` tells whether they are sound."""

    nodes: Floats
    """(v, 3): metres east and north, and height above the eaves; first the vertices of the rings."""
    faces: list[list[int]]
    """One an edge, in the order of the rings; its first two corners are the edge, counter-clockwise."""


def straight_skeleton(rings: Sequence[Floats]) -> Skeleton | None:
    """Straight skeleton of a polygon: shell (n, 2) counter-clockwise, then holes clockwise, none closed, in metres.

    None where the polygon is too large or its front did what no exact front does.
    """
    if sum(map(len, rings)) > MOST_VERTICES or any(len(ring) < 3 for ring in rings):
        return None
    try:
        front = _Front(rings)
        front.run()
        return front.skeleton()
    except (_NumericalTrouble, ZeroDivisionError, OverflowError):
        return None


def skeleton_roof(rings: Sequence[Floats]) -> list[Floats] | None:
    """Faces (k, 3) of a hip roof of slope 1 over a polygon: metres east and north, and height above the eaves.

    rings and order of the faces as in `straight_skeleton`. Corners where faces meet are equal to the bit. None also
    where faces do not tile the polygon, or are not plane.
    """
    found = straight_skeleton(rings)
    if found is None:
        return None
    faces = [found.nodes[face] for face in found.faces]
    return faces if _is_sound(rings, faces) else None


class _NumericalTrouble(Exception):
    """The front did something that no exact front does."""


@dataclass(frozen=True)
class _Edge:
    start: _Point
    direction: _Point

    def height_of(self, point: _Point) -> float:
        """Distance of a point from the line, positive inside."""
        along_x, along_y = self.direction
        return along_x * (point[1] - self.start[1]) - along_y * (point[0] - self.start[0])

    def along(self, point: _Point) -> float:
        return self.direction[0] * (point[0] - self.start[0]) + self.direction[1] * (point[1] - self.start[1])


@dataclass
class _Vertex:
    """A vertex of the moving front between the edges `left` (that ends in it) and `right` (that begins in it)."""

    left: int
    right: int
    node: int
    point: _Point
    time: float
    velocity: _Point
    is_reflex: bool
    is_opposite: bool
    before: int = -1
    after: int = -1

    def at(self, time: float) -> _Point:
        step = time - self.time
        return self.point[0] + self.velocity[0] * step, self.point[1] + self.velocity[1] * step


class _Front:
    def __init__(self, rings: Sequence[Floats]) -> None:
        self.edges: list[_Edge] = []
        self.base: list[tuple[int, int]] = []
        self.nodes: list[tuple[float, float, float]] = []
        self.arcs: list[list[tuple[int, int]]] = []
        self.live: dict[int, _Vertex] = {}
        self.born = 0
        self.now = 0.0
        for ring in rings:
            first, size = len(self.edges), len(ring)
            points: list[_Point] = [(float(x), float(y)) for x, y in ring]
            for number, start in enumerate(points):
                end = points[(number + 1) % size]
                length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
                self.edges.append(_Edge(start, ((end[0] - start[0]) / length, (end[1] - start[1]) / length)))
                self.nodes.append((*start, 0.0))
                self.base.append((first + number, first + (number + 1) % size))
                self.arcs.append([])
            names = [
                self._bear(first + (number - 1) % size, first + number, first + number, points[number])
                for number in range(size)
            ]
            for number, name in enumerate(names):
                self._link(name, names[(number + 1) % size])

    def run(self) -> None:
        for _ in range(8 * len(self.edges)):
            if not self.live:
                return
            if self._flatten():
                continue
            self._next_event()
        raise _NumericalTrouble

    def skeleton(self) -> Skeleton:
        """One face an edge; nodes that rounding alone keeps apart are made one, for all faces alike."""
        same = list(range(len(self.nodes)))

        def name_of(node: int) -> int:
            while same[node] != node:
                node = same[node]
            return node

        for arcs in self.arcs:
            for a, b in arcs:
                if _gap(self.nodes[a][:2], self.nodes[b][:2]) <= 10 * _TIE_M:
                    low, high = sorted((name_of(a), name_of(b)))
                    same[high] = low
        faces = [
            self._face(edge, [(name_of(a), name_of(b)) for a, b in arcs if name_of(a) != name_of(b)])
            for edge, arcs in enumerate(self.arcs)
        ]
        used = sorted({node for face in faces for node in face} | set(range(len(self.edges))))
        place = {node: number for number, node in enumerate(used)}
        return Skeleton(
            np.array([self.nodes[node] for node in used]), [[place[node] for node in face] for face in faces]
        )

    def _bear(self, left: int, right: int, node: int, point: _Point) -> int:
        (ax, ay), (bx, by) = self.edges[left].direction, self.edges[right].direction
        spread = 1.0 + ax * bx + ay * by
        turn = ax * by - ay * bx
        is_opposite = spread < _OPPOSITE
        # Inward normals are (-y, x); the velocity keeps the vertex on both moving lines.
        velocity = (0.0, 0.0) if is_opposite else (-(ay + by) / spread, (ax + bx) / spread)
        name = self.born
        self.born += 1
        self.live[name] = _Vertex(left, right, node, point, self.now, velocity, turn < -1e-12, is_opposite)
        return name

    def _link(self, before: int, after: int) -> None:
        self.live[before].after = after
        self.live[after].before = before

    def _node(self, point: _Point) -> int:
        self.nodes.append((*point, self.now))
        return len(self.nodes) - 1

    def _arc(self, left: int, right: int, start: int, end: int) -> None:
        if start != end:
            self.arcs[left].append((start, end))
            self.arcs[right].append((start, end))

    def _die(self, name: int, node: int) -> _Vertex:
        vertex = self.live.pop(name)
        self._arc(vertex.left, vertex.right, vertex.node, node)
        return vertex

    def _flatten(self) -> bool:
        """Finish one loop of two vertices, or take one spike, whose two edges lie upon each other, out of the front."""
        for name, vertex in self.live.items():
            before, after = vertex.before, vertex.after
            if before in (after, name):
                self._close(name)
                return True
            if vertex.is_opposite:
                self._shorten(name)
                return True
        return False

    def _close(self, name: int) -> None:
        """Two vertices are left: the ridge between them ends the loop."""
        vertex = self.live[name]
        other = self.live[vertex.before]
        near, far = vertex.at(self.now), other.at(self.now)
        first = self._node(near)
        second = first if _gap(near, far) <= _TIE_M else self._node(far)
        before = vertex.before
        self._die(name, first)
        if before != name:
            self._die(before, second)
        self._arc(vertex.left, vertex.right, first, second)

    def _shorten(self, name: int) -> None:
        spike = self.live[name]
        before, after = self.live[spike.before], self.live[spike.after]
        tip, back, ahead = spike.at(self.now), before.at(self.now), after.at(self.now)
        to_back, to_ahead = _gap(tip, back), _gap(tip, ahead)
        start = self._node(tip)
        self._die(name, start)
        if abs(to_back - to_ahead) <= _TIE_M:
            # Both edges end in the same point.
            end = self._node(back) if to_back > _TIE_M else start
            self._arc(spike.left, spike.right, start, end)
            self._die(spike.before, end)
            self._die(spike.after, end)
            if before.before == spike.after:
                return
            new = self._bear(before.left, after.right, end, back)
            self._link(before.before, new)
            self._link(new, after.after)
        elif to_back < to_ahead:
            end = self._node(back) if to_back > _TIE_M else start
            self._arc(spike.left, spike.right, start, end)
            self._die(spike.before, end)
            new = self._bear(before.left, spike.right, end, back)
            self._link(before.before, new)
            self._link(new, spike.after)
        else:
            end = self._node(ahead) if to_ahead > _TIE_M else start
            self._arc(spike.left, spike.right, start, end)
            self._die(spike.after, end)
            new = self._bear(spike.left, after.right, end, ahead)
            self._link(spike.before, new)
            self._link(new, after.after)

    def _next_event(self) -> None:
        collapse_at, collapsing = float("inf"), -1
        for name, vertex in self.live.items():
            time = self._collapse_time(vertex)
            if time < collapse_at:
                collapse_at, collapsing = time, name
        split_at, splitting, opposite = float("inf"), -1, -1
        for name, vertex in self.live.items():
            if not vertex.is_reflex:
                continue
            for other_name, other in self.live.items():
                time = self._split_time(vertex, other, min(split_at, collapse_at - _TIE_M))
                if time < split_at:
                    split_at, splitting, opposite = time, name, other_name
        # Together, the edges go first: what they leave is simpler.
        if split_at < collapse_at - _TIE_M:
            self.now = max(self.now, split_at)
            self._split(splitting, opposite)
        elif collapsing >= 0:
            self.now = max(self.now, collapse_at)
            self._collapse(collapsing)
        else:
            raise _NumericalTrouble

    def _collapse_time(self, vertex: _Vertex) -> float:
        """When the edge to the right of a vertex has shrunk to nothing."""
        after = self.live[vertex.after]
        along_x, along_y = self.edges[vertex.right].direction
        closing = (vertex.velocity[0] - after.velocity[0]) * along_x + (
            vertex.velocity[1] - after.velocity[1]
        ) * along_y
        start, end = vertex.at(self.now), after.at(self.now)
        length = (end[0] - start[0]) * along_x + (end[1] - start[1]) * along_y
        if length <= _TIE_M:
            return self.now
        return self.now + length / closing if closing > 1e-12 else float("inf")

    def _split_time(self, vertex: _Vertex, start: _Vertex, limit: float) -> float:
        """When a reflex vertex runs into the edge that begins at `start`; infinite if never or after `limit`."""
        edge = self.edges[start.right]
        end = self.live[start.after]
        if start.right in (vertex.left, vertex.right) or start is vertex or end is vertex:
            return float("inf")
        approach = 1.0 + edge.direction[1] * vertex.velocity[0] - edge.direction[0] * vertex.velocity[1]
        if approach <= 1e-12:
            return float("inf")
        gap = edge.height_of(vertex.at(self.now)) - self.now
        if gap < -_TIE_M:
            return float("inf")
        time = self.now + max(gap, 0.0) / approach
        if time >= limit:
            return float("inf")
        place = edge.along(vertex.at(time))
        if edge.along(start.at(time)) - _TIE_M <= place <= edge.along(end.at(time)) + _TIE_M:
            return time
        return float("inf")

    def _collapse(self, name: int) -> None:
        vertex = self.live[name]
        after_name = vertex.after
        after = self.live[after_name]
        point, other = vertex.at(self.now), after.at(self.now)
        if _gap(point, other) > 1e-4:
            raise _NumericalTrouble
        node = self._node(point)
        self._die(name, node)
        self._die(after_name, node)
        if after.after == name:
            return
        new = self._bear(vertex.left, after.right, node, point)
        if vertex.before == after_name:
            raise _NumericalTrouble
        self._link(vertex.before, new)
        self._link(new, after.after)

    def _split(self, name: int, start_name: int) -> None:
        vertex, start = self.live[name], self.live[start_name]
        end_name, edge = start.after, start.right
        point = vertex.at(self.now)
        node = self._node(point)
        self._die(name, node)
        first = self._bear(vertex.left, edge, node, point)
        second = self._bear(edge, vertex.right, node, point)
        before, after = vertex.before, vertex.after
        self._link(before, first)
        self._link(first, end_name)
        self._link(start_name, second)
        self._link(second, after)

    def _face(self, edge: int, arcs: list[tuple[int, int]]) -> list[int]:
        """Follow the arcs of an edge from its end round to its start."""
        first, last = self.base[edge]
        ways: dict[int, list[int]] = {}
        for a, b in arcs:
            ways.setdefault(a, []).append(b)
            ways.setdefault(b, []).append(a)
        path = [first, last]
        came, here = -1, last
        while here != first:
            options = [node for node in ways.get(here, []) if node != came]
            if len(options) != 1 or len(path) > len(arcs) + 2:
                raise _NumericalTrouble
            came, here = here, options[0]
            path.append(here)
        if len(path) != len(arcs) + 2:
            raise _NumericalTrouble
        return path[:-1]


def _gap(a: _Point, b: _Point) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def _is_sound(rings: Sequence[Floats], faces: list[Floats]) -> bool:
    """Whether faces are plane, turn left and cover together what the rings enclose."""
    wanted = sum(_area(np.asarray(ring)) for ring in rings)
    total = 0.0
    for face in faces:
        if len(face) < 3:
            return False
        area = _area(face[:, :2])
        along = face[1, :2] - face[0, :2]
        along = along / np.hypot(along[0], along[1])
        offset = face[:, :2] - face[0, :2]
        height = along[0] * offset[:, 1] - along[1] * offset[:, 0]
        if area <= 0 or np.abs(height - face[:, 2]).max() > PLANE_M:
            return False
        total += area
    return abs(total - wanted) <= AREA_SHARE * wanted


def _area(ring: Floats) -> float:
    after = np.roll(ring, -1, axis=0)
    return float((ring[:, 0] * after[:, 1] - ring[:, 1] * after[:, 0]).sum() / 2)
