"""Why a sketch cannot be computed: each exception is a full sentence that says what to draw instead."""


class PlanningError(Exception):
    """Base of everything this package refuses."""


class LineUnusable(PlanningError):
    """The drawn line is no line, or too short or too long to plan along."""

    def __init__(self, reason: str, length_m: float = 0.0) -> None:
        self.reason, self.length_m = reason, length_m
        super().__init__(f"This line cannot be planned along: {reason}.")


class GroundMissing(PlanningError):
    """No elevation model reaches part of the drawing."""

    def __init__(self, chainage_m: float = 0.0) -> None:
        self.chainage_m = chainage_m
        super().__init__(f"No elevation model reaches the drawing at {chainage_m:.0f} m.")


class SeedDry(PlanningError):
    """The water is said to rise from a point that lies above its level."""

    def __init__(self, height_m: float, level_m: float) -> None:
        self.height_m, self.level_m = height_m, level_m
        super().__init__(f"The starting point lies at {height_m:.1f} m, above the water at {level_m:.1f} m.")
