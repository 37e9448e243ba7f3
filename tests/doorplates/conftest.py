"""What the tests of plates share: a village with issued plates, and their tokens."""

from collections.abc import Callable

import pytest

from tests.doorplates.village import NOW, VILLAGE, Village, make_village
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.doorplates.actions import issue_plates
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.tokens import sealing_name, sealing_subject
from xiaoyuan.vault.actions import open_blob


@pytest.fixture
def village(db: None) -> Village:
    """A sample village of seven courtyards with plates."""
    made = make_village(7)
    issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW)
    return made


@pytest.fixture
def plates(village: Village) -> list[Doorplate]:
    """Its plates in the order of their codes."""
    return list(Doorplate.objects.unscoped("test").select_related("courtyard").order_by("code"))


def open_token(plate: Doorplate) -> str:
    return open_blob(
        county_id=plate.county_id,
        subject=sealing_subject(plate.county_id),
        name=sealing_name(plate.code),
        sealed=bytes(plate.token_sealed),
    ).decode()


@pytest.fixture
def token_of() -> Callable[[Doorplate], str]:
    """Read a plate's token as printing does."""
    return open_token
