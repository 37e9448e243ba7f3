"""What must agree between an identity number and the person it is written for, in sentences for people."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoyuan.lib import id_number
from xiaoyuan.lib.id_number import IdNumber, IdNumberError
from xiaoyuan.register.choices import Sex
from xiaoyuan.register.errors import IdNumberUnfit

LENGTH: Final = 18
OLD_LENGTH: Final = 15
DISABILITY_CARD_LENGTHS: Final = (20, 22)

_SENTENCES: Final[Mapping[str, Promise]] = {
    # The pure package speaks English; these are its sentences.
    "An identity number is 17 digits and a digit or X.": gettext_lazy(
        "An identity number is 17 digits and a digit or X."
    ),
    "The birth date in the identity number does not exist.": gettext_lazy(
        "The birth date in the identity number does not exist."
    ),
    "The check character of the identity number is wrong: a digit was mistyped.": gettext_lazy(
        "The check character of the identity number is wrong: a digit was mistyped."
    ),
}


def read_id_number(text: str) -> IdNumber:
    """Read an identity number; raises `IdNumberUnfit` with a sentence that says what to look at."""
    length = len(text.strip())
    if length in DISABILITY_CARD_LENGTHS:
        raise IdNumberUnfit(
            _("This is the number of a disability card. Its first 18 characters are the identity number.")
        )
    if length == OLD_LENGTH:
        raise IdNumberUnfit(_("This is an old number of 15 digits. Write the number of 18 characters."))
    if length != LENGTH:
        raise IdNumberUnfit(
            _("An identity number has 18 characters, this one has %(length)s.") % {"length": length}
        )
    try:
        return id_number.parse(text)
    except IdNumberError as error:
        raise IdNumberUnfit(str(_SENTENCES.get(str(error), error))) from None


def id_number_fault(number: IdNumber, *, sex: str, birth_date: date | None, is_sample: bool) -> str:
    """Return what an identity number contradicts, or "": the person's sex, their birth date, the kind of rows."""
    if number.is_sample and not is_sample:
        return _("This identity number has the area code of invented samples. Import samples with --sample.")
    if is_sample and not number.is_sample:
        return _("A sample may hold only invented identity numbers, with area code 990001.")
    if sex in (Sex.MALE, Sex.FEMALE) and (sex == Sex.MALE) != number.is_male:
        return _("The identity number says another sex.")
    if birth_date is not None and birth_date != number.birth_date:
        return _("The identity number says another date of birth.")
    return ""


def sex_of(number: IdNumber) -> Sex:
    """Return the sex that an identity number states."""
    return Sex.MALE if number.is_male else Sex.FEMALE
