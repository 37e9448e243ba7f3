"""What applying does for one row of a household ledger: the person as written, and the household they leave for it."""

from dataclasses import dataclass

from xiaoyuan.register.actions.people_writing import PersonWrite
from xiaoyuan.register.models import Household


@dataclass(slots=True)
class PersonPlan:
    """The plan of a verdict. `moved_from` is set when the person belongs to another household until now."""

    write: PersonWrite
    moved_from: Household | None = None

    @property
    def joins(self) -> bool:
        """Whether somebody known comes into the household, from another one or from none."""
        return self.write.state is not None and (
            self.moved_from is not None or self.write.state.membership is None
        )
