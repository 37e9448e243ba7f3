"""Homes of data and the numbers they give out."""

from django.db import transaction
from django.db.models import F

from xiaoyuan.lib import divisions
from xiaoyuan.register.errors import OutOfNumbers, UnknownDivision
from xiaoyuan.register.models import County, Division

_LAST_CID = 4_294_967_295


def ensure_county(code: str) -> County:
    """Return the home of a division's data, making it on first use. `code`: any division from county level down.

    Raises `UnknownDivision` when no list holds the county.
    """
    county_code = divisions.county_of(code)
    if county_code is None:
        raise UnknownDivision(code)
    known = County.objects.filter(code=county_code).first()
    if known is not None:
        return known
    division = Division.objects.filter(code=county_code, valid_until__isnull=True).first()
    if division is None:
        raise UnknownDivision(county_code)
    return County.objects.get_or_create(code=county_code, defaults={"name": division.name})[0]


def allocate_cids(county: County, count: int) -> range:
    """Give out `count` tile numbers of a county, never used before. Must run in the transaction that uses them."""
    with transaction.atomic():
        County.objects.filter(pk=county.pk).update(next_cid=F("next_cid") + count)
        following = County.objects.values_list("next_cid", flat=True).get(pk=county.pk)
    if following > _LAST_CID:
        raise OutOfNumbers
    return range(following - count, following)
