"""What must agree between an identity number and the person it is written for, in sentences for people."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoyuan.lib import id_number
from xiaoyuan.lib.id_number import DisabilityCard, IdNumber, IdNumberError
from xiaoyuan.register.choices import Sex
from xiaoyuan.register.errors import IdNumberUnfit
from xiaoyuan.register.region_codes import AreaFinding, find_area

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
    "An old identity number is 15 digits.": gettext_lazy("An old identity number is 15 digits."),
    "The number of a disability card has 20 or 22 characters.": gettext_lazy(
        "The number of a disability card has 20 or 22 characters."
    ),
    "The type (1-7) or the level (1-4) in the number of the disability card does not exist.": gettext_lazy(
        "The type (1-7) or the level (1-4) in the number of the disability card does not exist."
    ),
}
_AREA_NOTES: Final[Mapping[AreaFinding, Promise]] = {
    AreaFinding.LATER: gettext_lazy(
        "The area code in the identity number came into force only after the birth. Check the number."
    ),
    AreaFinding.ENDED: gettext_lazy(
        "The area code in the identity number was abolished before the birth. Check the number."
    ),
    AreaFinding.UNKNOWN: gettext_lazy(
        "The lists of area codes do not hold the one in the identity number. Check the number."
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
        try:
            id_number.parse_old(text)
        except IdNumberError as error:
            raise IdNumberUnfit(_said(error)) from None
        raise IdNumberUnfit(_("This is an old number of 15 digits. Write the number of 18 characters."))
    if length != LENGTH:
        raise IdNumberUnfit(
            _("An identity number has 18 characters, this one has %(length)s.") % {"length": length}
        )
    try:
        number = id_number.parse(text)
    except IdNumberError as error:
        raise IdNumberUnfit(_said(error)) from None
    if not number.is_sample and _area(number) is AreaFinding.IMPOSSIBLE:
        raise IdNumberUnfit(_("No province has the first two digits of this identity number."))
    return number


def read_disability_card(text: str) -> DisabilityCard:
    """Read the number of a disability card; raises `IdNumberUnfit` with a sentence that says what to look at."""
    try:
        card = id_number.parse_disability_card(text)
    except IdNumberError as error:
        raise IdNumberUnfit(_said(error)) from None
    if not card.holder.is_sample and _area(card.holder) is AreaFinding.IMPOSSIBLE:
        raise IdNumberUnfit(_("No province has the first two digits of this identity number."))
    return card


def area_note(number: IdNumber) -> str:
    """Return what is worth a second look in a number's area code, or "": never a fault, because the lists have gaps."""
    if number.is_sample:
        return ""
    sentence = _AREA_NOTES.get(_area(number))
    return "" if sentence is None else str(sentence)


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


def _area(number: IdNumber) -> AreaFinding:
    return find_area(number.area, number.birth_date.year)


def _said(error: IdNumberError) -> str:
    return str(_SENTENCES.get(str(error), error))
