"""Error pages: in our own frame, in Chinese, the same bytes for unknown and forbidden, no database for a 500."""

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from tests.cast import Cast
from xiaoyuan.config.errors import bad_request, forbidden, server_error, stale_form


def test_an_unknown_path_gives_the_designed_page(db: None, client: Client) -> None:
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "这里没有内容，或者不对您开放。" in text
    assert "no/such" not in text


def test_unknown_path_and_unknown_row_look_alike(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    unknown_row = client.get("/console/households/1/").content
    assert client.get("/no/such/page/").content == unknown_row


def test_a_role_without_the_right_is_told_so(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["operator"], backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/console/households/")
    assert answer.status_code == 403
    assert "您的角色不包含这项权限" in answer.content.decode()


def test_a_form_without_its_token_gives_a_page_of_ours(cast: Cast) -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "wang", "password": "x"})
    assert answer.status_code == 403
    assert "这张表单已过期" in answer.content.decode()


def test_a_fault_shows_a_page_without_asking_the_database() -> None:
    """No database mark: a query would fail this test."""
    answer = server_error(RequestFactory().get("/anything"))
    assert answer.status_code == 500
    assert "故障已记录" in answer.content.decode()


@pytest.mark.parametrize(
    ("handler", "status", "sentence"),
    [(bad_request, 400, "无法识别这个请求"), (forbidden, 403, "您的角色不包含"), (stale_form, 403, "已过期")],
)
def test_what_django_refuses_gives_our_page(handler: object, status: int, sentence: str) -> None:
    request: HttpRequest = RequestFactory().get("/anything")
    answer = handler(request, "reason")  # type: ignore[operator]  # three handlers of one shape
    assert answer.status_code == status
    assert sentence in answer.content.decode()


def test_programs_get_json(db: None, client: Client) -> None:
    answer = client.get("/api/v1/screen/abc")
    assert answer.status_code == 404
    assert answer.json() == {"error": {"title": "这里没有内容", "detail": "这里没有内容，或者不对您开放。"}}


@pytest.mark.parametrize(
    "address",
    [
        "/console/households/?q=a%00b",
        "/console/households/?group=%00",
        "/console/courtyards/?q=a%00b",
        "/console/exports/new/?find=a%00b",
        "/api/v1/search?q=a%00b",
    ],
)
def test_a_text_that_no_database_takes_is_refused(cast: Cast, client: Client, address: str) -> None:
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address).status_code == 400


def test_a_form_with_such_a_text_is_refused(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/console/households/find/", {"q": "张\0伟"}).status_code == 400
