"""Coming in: passwords, sessions, forms' tokens, roles, headers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from smartradio.web.entry import own_path
from smartradio.web.security import is_form_token, new_form_token


@pytest.mark.parametrize(
    "path",
    [
        "/airings",
        "/airings/lp-1",
        "/air",
        "/nodes",
        "/recordings/" + "d" * 64 + ".opus",
        "/airings/lp-1/clips/thon-1.opus",
        "/airings/lp-1/picture.svg",
        "/airings/lp-1/nodes/thon-1/picture.svg",
    ],
)
def test_nothing_is_shown_to_a_stranger(stranger: Any, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=/")


@pytest.mark.parametrize("path", ["/api/airings", "/api/airings/lp-1"])
def test_the_api_tells_a_stranger_to_log_in(stranger: Any, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert answer.json() == {"error": "log in first"}


def test_a_right_password_opens_the_airings(stranger: Any) -> None:
    answer = stranger.log_in("lan")
    assert (answer.status_code, answer.headers["location"]) == (303, "/airings")
    assert "Lê Thị</span> Lan" in stranger.get("/airings").text


def test_a_wrong_password_says_so_and_keeps_the_name(stranger: Any) -> None:
    answer = stranger.log_in("lan", "không phải mật khẩu")
    assert answer.status_code == 401
    assert "Sai tên tài khoản hoặc mật khẩu." in answer.text
    assert 'value="lan"' in answer.text
    assert "không phải mật khẩu" not in answer.text
    assert "smartradio_session" not in stranger.cookies


def test_an_unknown_account_gets_the_same_answer_as_a_wrong_password(stranger: Any) -> None:
    assert "Sai tên tài khoản hoặc mật khẩu." in stranger.log_in("khong-co").text


def test_many_wrong_passwords_lock_the_door_and_say_for_how_long(stranger: Any) -> None:
    answers = [stranger.log_in("lan", "sai") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert "Hãy chờ 32 giây rồi thử lại." in answers[-1].text
    assert stranger.log_in("lan").status_code == 429


def test_a_crowd_at_the_door_is_asked_to_try_again(stranger: Any, door: Any) -> None:
    door.crowded = True
    answer = stranger.log_in("lan")
    assert answer.status_code == 503
    assert "Nhiều người đang đăng nhập cùng lúc." in answer.text


def test_a_password_too_long_to_be_one_is_never_hashed(stranger: Any, door: Any) -> None:
    assert stranger.log_in("lan", "a" * 5_000).status_code == 401
    assert door.wrong == 0


def test_logging_out_ends_the_session_at_the_station(lan: Any, door: Any) -> None:
    assert lan.post("/logout").headers["location"] == "/login"
    assert door.sessions == {}
    assert lan.get("/airings").status_code == 303


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(stranger: Any) -> None:
    cookie = stranger.log_in("lan").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_over_https_the_session_never_travels_in_the_clear(app: Any, request: Any) -> None:
    visitor_class = type(request.getfixturevalue("stranger"))
    with asyncio.Runner() as runner:
        visitor = visitor_class(app, runner, base_url="https://dai")
        assert "Secure" in visitor.log_in("lan").headers["set-cookie"]
        visitor.close()


@pytest.mark.parametrize(
    "path", ["/login", "/logout", "/air", "/airings/lp-1/nodes/thon-1/confirm", "/airings/lp-1/nodes/thon-1/dispute"]
)
@pytest.mark.parametrize("token", ["", "abc.def", "."])
def test_a_form_without_our_token_changes_nothing(lan: Any, desk: Any, path: str, token: str) -> None:
    before = desk.view
    answer = lan.post(path, token=token, title="x", text="x", zones=["thon-1"], note="x", name="lan", password="x")
    assert answer.status_code == 403
    assert "Trang đã mở quá lâu" in answer.text
    assert (desk.view, desk.aired) == (before, [])


def test_a_token_of_another_visitor_is_refused(lan: Any, app: Any, desk: Any) -> None:
    with asyncio.Runner() as runner:
        other = type(lan)(app, runner)
        other.log_in("binh")
        other.get("/air")
        stolen = other.token
        other.close()
    assert lan.post("/air", token=stolen, title="x", text="x", zones=["thon-1"]).status_code == 403
    assert desk.aired == []


def test_a_form_posted_from_another_site_is_refused(lan: Any, desk: Any) -> None:
    lan._client.headers["sec-fetch-site"] = "cross-site"
    assert lan.post("/air", title="x", text="x", zones=["thon-1"]).status_code == 403
    assert desk.aired == []


def test_a_technician_looks_but_does_not_act(stranger: Any, desk: Any) -> None:
    stranger.log_in("tho")
    page = stranger.get("/airings/lp-1").text
    assert "Xác nhận kết luận này" not in page
    assert "Phát ngay một bản tin" not in page
    assert stranger.get("/air").status_code == 403
    for path in ("/air", "/airings/lp-1/nodes/thon-1/confirm"):
        answer = stranger.post(path, title="Tin", text="Nội dung", zones=["thon-1"])
        assert answer.status_code == 403
        assert "Tài khoản của bạn không có quyền" in answer.text
    assert desk.aired == []


def test_an_approver_acts(stranger: Any, desk: Any) -> None:
    stranger.log_in("binh")
    stranger.get("/airings/lp-1")
    stranger.post("/airings/lp-1/nodes/thon-1/confirm")
    assert desk.view.nodes[0].settled_by == "Phạm Văn Bình"


@pytest.mark.parametrize("path", ["/login", "/airings", "/static/style.css", "/khong-co", "/api/airings"])
def test_every_answer_forbids_foreign_and_inline_scripts(lan: Any, path: str) -> None:
    policy = lan.get(path).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/login", "/airings", "/airings/lp-1", "/settle", "/air", "/nodes"])
def test_no_page_carries_inline_style_or_script_that_the_policy_would_stop(lan: Any, path: str) -> None:
    page = lan.get(path).text
    assert " style=" not in page
    assert "<style" not in page
    scripts = re.findall(r"<script(.*?)</script>", page, re.DOTALL)
    assert all(re.fullmatch(r' src="/static/(vendor/)?[a-z.]+\.js\?[0-9a-f]+" defer>', script) for script in scripts)


def test_a_failure_at_the_station_is_one_clear_line_and_no_trace(lan: Any, desk: Any) -> None:
    desk.airing_view = lambda *_, **__: 1 / 0
    answer = lan.get("/airings/lp-1")
    assert answer.status_code == 500
    assert "Đài gặp lỗi" in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_language_can_be_changed_and_leads_back(lan: Any) -> None:
    answer = lan.get("/language/en?next=/nodes")
    assert answer.headers["location"] == "/nodes"
    assert "Messages refused" in lan.get("/nodes").text
    lan.get("/language/xx?next=/nodes")
    assert "Messages refused" in lan.get("/nodes").text


@pytest.mark.parametrize(
    "target", ["//ac.example", "https://ac.example", "/\\ac.example", "javascript:alert(1)", "", "/a\r\nx: y"]
)
def test_a_login_never_leads_to_another_site(target: str) -> None:
    assert own_path(target) == "/"


@given(st.text(max_size=40))
def test_whatever_is_asked_for_after_login_stays_on_this_site(target: str) -> None:
    path = own_path(target)
    assert path.startswith("/")
    assert not path.startswith("//")
    assert path.isascii()
    assert "\\" not in path


@given(st.text(min_size=1), st.text())
def test_a_form_token_fits_its_own_cookie_only(secret: str, other: str) -> None:
    token = new_form_token(secret)
    assert is_form_token(token, secret)
    assert is_form_token(token, other) == (other == secret)


@given(st.text(), st.text(min_size=1))
def test_no_made_up_form_token_is_taken(token: str, secret: str) -> None:
    assert not is_form_token(token, secret)


UNENCRYPTED = "Trang này không mã hóa (http)"


@pytest.mark.parametrize(
    ("address", "sender", "told"),
    [
        ("http://192.168.1.10:8080", "192.168.1.77", True),
        ("http://dai.yen-hoa.vn", "113.160.1.1", True),
        ("https://dai.yen-hoa.vn", "113.160.1.1", False),
        ("http://localhost:8080", "192.168.1.77", False),
        # What comes from this machine is a browser here, a tunnel, or a proxy of whose other side nothing is known.
        ("http://dai.yen-hoa.vn", "127.0.0.1", False),
    ],
)
def test_who_logs_in_over_a_network_without_encryption_is_told(app: Any, address: str, sender: str, told: bool) -> None:
    assert (UNENCRYPTED in login_page(app, address, sender)) is told


@pytest.mark.parametrize(("proxy", "told"), [("192.168.1.5", False), ("192.168.1.99", True)])
def test_https_in_front_counts_where_the_proxy_is_one_of_the_communes(app: Any, proxy: str, told: bool) -> None:
    behind = ProxyHeadersMiddleware(app, trusted_hosts=["192.168.1.5"])
    page = login_page(
        behind, "http://dai.yen-hoa.vn", proxy, {"x-forwarded-proto": "https", "x-forwarded-for": "1.2.3.4"}
    )
    assert (UNENCRYPTED in page) is told


def login_page(app: Any, address: str, sender: str, headers: Mapping[str, str] | None = None) -> str:
    """The page as a browser at `sender` gets it at an address."""

    async def asked() -> str:
        transport = httpx.ASGITransport(app=app, client=(sender, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=address, headers=headers) as browser:
            return (await browser.get("/login")).text

    return asyncio.run(asked())
