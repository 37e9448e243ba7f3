"""A masked value never prints, however somebody tries."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from xiaoyuan.vault.masked import MASK, Masked

WAYS: list[Callable[[Masked], str]] = [
    str,
    repr,
    lambda value: f"{value}",
    lambda value: f"{value!r:>40}",
    lambda value: f"{value:>40}",
    lambda value: "%s %r" % (value, value),  # noqa: UP031 - the old way is one of the ways
    lambda value: "{}".format(value),  # noqa: UP032 - so is this one
    lambda value: str([value, {"a": value}, (value,)]),
    lambda value: Template("{{ value }}|{{ value|upper }}|{{ value|safe }}").render(
        Context({"value": value})
    ),
    lambda value: json.dumps({"value": value}, default=str),
    lambda value: "".join(traceback.format_exception_only(ValueError(value))),
    lambda value: logging.LogRecord("x", 10, "", 1, "value %s", (value,), None).getMessage(),
]


# Shorter values can be part of any text.
@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=6, max_size=30))
def test_no_way_of_printing_shows_it(secret: str) -> None:
    value = Masked(secret)
    for way in WAYS:
        assert secret not in way(value)
        assert MASK in way(value)
    assert value.reveal() == secret


def test_a_careless_text_would_be_found() -> None:
    assert all("990001196805200035" in way("990001196805200035") for way in WAYS[:4])  # type: ignore[arg-type]  # the control


def test_it_compares_but_does_not_travel() -> None:
    value = Masked("10012345678")
    assert value == Masked("10012345678")
    assert value != Masked("10012345679")
    assert value != "10012345678"
    assert len({value, Masked("10012345678")}) == 1
    assert not hasattr(value, "__dict__")
    for copying in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copying(value)
