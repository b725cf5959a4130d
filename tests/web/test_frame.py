"""One address, two shapes; what every answer says; what goes wrong, and how it is shown."""

import logging
import re
import sqlite3
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from core import database
from core.settings import settings
from tests.web.browser import HERE, HISTORY, HTMX, Browser
from tests.web.records import change


def test_htmx_gets_the_list_alone(wu: Browser) -> None:
    fragment = wu.get("/staff", headers=HTMX)

    assert "吴敏" in fragment.text
    assert "<html" not in fragment.text


@pytest.mark.parametrize("headers", [{}, HISTORY], ids=["by address", "by the back button"])
def test_the_same_address_is_a_whole_page(wu: Browser, headers: dict[str, str]) -> None:
    page = wu.get("/staff", headers=headers)

    assert "<html" in page.text
    assert "吴敏" in page.text


def test_no_cache_mixes_the_two_shapes_or_keeps_them(wu: Browser) -> None:
    answer = wu.get("/staff")

    assert answer.headers["Vary"] == "HX-Request"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/sign-in", "/staff", "/nowhere", "/healthz", "/static/app.css"])
def test_every_answer_keeps_the_browser_careful(wu: Browser, path: str) -> None:
    headers = wu.get(path).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'self'; object-src 'none'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_every_answer_says_how_long_it_took_and_its_number(wu: Browser) -> None:
    headers = wu.get("/staff").headers

    assert re.fullmatch(r"app;dur=\d+\.\d\d", headers["Server-Timing"])
    assert re.fullmatch(r"[0-9a-f]{8}", headers["X-Request-Id"])


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(wu: Browser) -> None:
    cookie = wu.submit("/sign-in", {"login": "wu", "password": "tests-are-2026"}).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_behind_https_cookies_travel_by_https_alone(nobody: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "secure_cookies", True)

    assert "Secure" in nobody.get("/sign-in").headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/nowhere", "/staff/not-a-number"])
def test_an_address_without_a_page_says_so_in_chinese(wu: Browser, path: str) -> None:
    answer = wu.get(path)

    assert answer.status_code == 404
    assert "没有这个页面" in answer.text
    assert "<span>员工</span>" in answer.text


def test_an_outsider_learns_of_no_screen_from_a_missing_page(nobody: Browser) -> None:
    answer = nobody.get("/nowhere")

    assert answer.status_code == 404
    assert "<span>员工</span>" not in answer.text


def test_a_fragment_fails_as_a_fragment(wu: Browser) -> None:
    answer = wu.get("/staff/00000000-0000-4000-8000-000000000000", headers=HTMX)

    assert answer.status_code == 404
    assert 'role="alert"' in answer.text
    assert "<html" not in answer.text


def test_a_wrong_filter_is_refused_and_nothing_breaks(wu: Browser) -> None:
    assert wu.get("/audit?since=tomorrow").status_code == 422
    assert wu.get("/staff?page=many").status_code == 422


def test_what_nobody_anticipated_is_logged_under_the_number_that_is_shown(
    app: FastAPI, wu: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR, logger="web.errors"):
        answer = wu.get("/broken")

    number = answer.headers["X-Request-Id"]
    assert answer.status_code == 500
    assert f"错误号 {number}" in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert any(number in record.message and record.exc_info for record in caplog.records)
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)


def test_a_database_that_another_holds_is_a_clear_refusal(impatient: None, wu: Browser, centre: Path) -> None:
    token = wu.token()
    holder = sqlite3.connect(centre / "zhida.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    answer = wu.post("/staff", data={"csrf_token": token, "login": "new"}, headers=HERE)
    holder.execute("ROLLBACK")
    holder.close()

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "请稍等" in answer.text


def test_a_database_without_tables_is_not_ready(nobody: Browser) -> None:
    assert nobody.get("/readyz").status_code == 200

    change(text("DROP TABLE core_staff"))

    assert nobody.get("/readyz").status_code == 503
    assert nobody.get("/healthz").status_code == 200


def test_a_file_above_the_limit_is_refused_with_the_limit(
    app: FastAPI, wu: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"file": ("big.bin", b"x" * (settings().upload_limit_mb * 1024 * 1024))}

    answer = wu.post("/staff", data={"csrf_token": wu.token()}, files=files, headers=HERE)

    assert answer.status_code == 413
    assert f"{settings().upload_limit_mb} MB" in answer.text


def test_a_body_that_hides_its_length_is_counted(wu: Browser) -> None:
    chunks = (b"x" * 1024 * 1024 for _ in range(settings().upload_limit_mb + 1))

    answer = wu.post(
        "/staff", content=chunks, headers=HERE | {"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code == 413


def test_static_files_are_kept_for_ever_under_the_address_of_their_content(nobody: Browser) -> None:
    page = nobody.get("/sign-in").text
    addresses = re.findall(r'(?:href|src)="(/static/[^"#]+)', page)

    assert any("htmx.min.js?v=" in address for address in addresses)
    for address in addresses:
        answer = nobody.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("app.css", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("icons.svg", "image/svg+xml"),
    ],
)
def test_static_files_say_what_they_are(nobody: Browser, path: str, kind: str) -> None:
    answer = nobody.get(f"/static/{path}")

    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Cache-Control"] == "no-cache"
