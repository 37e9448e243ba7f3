"""Language and large type: chosen by the reader, kept in a cookie, never leading off the site."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests.cast import Cast


def test_pages_are_chinese_whatever_the_browser_prefers(db: None, client: Client) -> None:
    answer = client.get("/", headers={"accept-language": "en-GB,en;q=0.9"})
    assert '<html lang="zh-Hans">' in answer.content.decode()
    assert answer["Content-Language"] == "zh-hans"


def test_english_is_kept_until_chinese_is_asked_for(db: None, client: Client) -> None:
    client.post("/preferences/language/", {"language": "en"})
    page = client.get("/").content.decode()
    assert '<html lang="en">' in page
    assert "Sign in" in page
    client.post("/preferences/language/", {"language": "zh-hans"})
    assert '<html lang="zh-Hans">' in client.get("/").content.decode()


def test_an_unknown_language_changes_nothing(db: None, client: Client) -> None:
    client.cookies["language"] = "xx"
    assert '<html lang="zh-Hans">' in client.get("/").content.decode()


def test_large_type_is_switched_on_and_off(db: None, client: Client) -> None:
    assert 'class="elder' not in client.get("/").content.decode()
    client.post("/preferences/elder/", {"elder": "1"})
    assert 'class="elder' in client.get("/").content.decode()
    client.post("/preferences/elder/", {"elder": "0"})
    assert 'class="elder' not in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("referrer", "target"),
    [
        ("http://testserver/v/520502103003/?a=1", "/v/520502103003/?a=1"),
        ("http://testserver/v/52/", "/v/52/"),
        ("https://evil.example.org/x", "/"),
        ("http://testserver//evil.example.org/x", "/%2Fevil.example.org/x"),
        ("", "/"),
    ],
)
def test_a_switch_leads_back_but_never_away(db: None, client: Client, referrer: str, target: str) -> None:
    for address in ("/preferences/elder/", "/preferences/language/"):
        answer = client.post(address, {"elder": "1", "language": "en"}, headers={"referer": referrer})
        assert answer["Location"] in (target, f"http://testserver{target}", referrer)
        assert urlsplit(answer["Location"]).netloc in ("", "testserver")


def test_a_link_switches_nothing(db: None, client: Client) -> None:
    assert client.get("/preferences/elder/").status_code == 405


def test_numbers_are_grouped_by_three_and_dates_are_iso(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/console/").content.decode()
    assert "2025-03-03 16:00" in page
