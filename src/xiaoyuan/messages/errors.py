"""What can go wrong with a message on its way."""


class NotDelivered(Exception):
    """A channel did not take a message; `is_final` says that trying again is of no use."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final
