"""The cast, for tests of the register that need a village with people in it."""

from tests.cast import cast

__all__ = ["cast"]
