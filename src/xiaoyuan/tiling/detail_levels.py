"""The two looks of a single building: a roofed box, and walls with windows near by."""

from xiaoyuan.tiling.faces import Mesh
from xiaoyuan.tiling.flat_roofs import flat_roofs, stair_heads
from xiaoyuan.tiling.hip_roofs import hipped
from xiaoyuan.tiling.pitched_roofs import closed_slopes, gable_walls, raise_roofs, slopes
from xiaoyuan.tiling.walls import Placed, plain_walls, walls


def near(placed: Placed) -> list[Mesh]:
    """Walls with plinth, bays and storeys counted; roofs with eaves or a parapet."""
    roofs = raise_roofs(placed)
    return [
        walls(placed),
        slopes(roofs),
        gable_walls(roofs),
        hipped(placed),
        flat_roofs(placed),
        stair_heads(placed),
    ]


def middle(placed: Placed) -> list[Mesh]:
    """Bare walls down into the ground under roofs that end at the walls."""
    roofs = raise_roofs(placed, has_eaves=False)
    return [plain_walls(placed), closed_slopes(roofs), hipped(placed, has_eaves=False), flat_roofs(placed)]
