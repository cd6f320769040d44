"""Every route with every role: what the table of rights says is what happens, and no route is forgotten."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from smartradio.station.accounts import Role
from smartradio.web.access import Needs, Public, check_routes, guard_of, public
from smartradio.web.rights import RIGHTS, Right

# What a stranger may ask for; a route that is added here is added knowingly.
PUBLIC = {
    ("GET", "/language/{language}"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/static/{name:path}"),
    ("GET", "/thiet-lap"),
    ("POST", "/thiet-lap"),
    ("GET", "/cong-khai"),
    ("GET", "/cong-khai/tin/{airing_id}"),
    ("GET", "/cong-khai/tin.atom"),
    ("GET", "/cong-khai/canh-bao"),
    ("GET", "/cong-khai/canh-bao.atom"),
    ("GET", "/cong-khai/canh-bao/{name}.xml"),
    ("GET", "/cong-khai/am-thanh/{recording_id}.opus"),
    ("GET", "/cong-khai/khong-nghe-ro"),
    ("POST", "/cong-khai/khong-nghe-ro"),
    ("GET", "/cong-khai/cam-on"),
}


def routes(app: FastAPI) -> list[tuple[str, APIRoute]]:
    """Each method of each route."""
    return [(method, route) for route in app.routes if isinstance(route, APIRoute) for method in sorted(route.methods)]


def filled(path: str) -> str:
    """A path with something in the place of its names; nothing of the kind exists."""
    return re.sub(r"\{[^}]+\}", "khong-co", path)


def test_strangers_come_to_the_public_routes_and_no_further(app: Any) -> None:
    open_routes = {(method, route.path) for method, route in routes(app) if isinstance(guard_of(route), Public)}
    assert open_routes == PUBLIC


def test_every_other_route_sends_a_stranger_to_the_door(app: Any, stranger: Any) -> None:
    asked = [(method, route.path) for method, route in routes(app) if isinstance(guard_of(route), Needs)]
    assert len(asked) > 30
    for method, path in asked:
        answer = stranger.get(filled(path)) if method == "GET" else stranger.post(filled(path))
        expected = 401 if path.startswith("/api/") else 303
        assert answer.status_code == expected, f"{method} {path}: {answer.status_code}"
        assert expected == 401 or answer.headers["location"].startswith("/login"), path


@pytest.mark.parametrize("role", list(Role))
def test_each_role_comes_where_its_rights_lead_and_nowhere_else(app: Any, stranger: Any, door: Any, role: Role) -> None:
    name = next(account.name for account in door.accounts if account.role is role)
    stranger.log_in(name)
    for method, route in routes(app):
        guard = guard_of(route)
        if not isinstance(guard, Needs) or route.path == "/logout":
            continue
        # Without a form's token nothing is done: who may is told so, who may not is told that.
        path = filled(route.path)
        answer = stranger.get(path) if method == "GET" else stranger.post(path, token="")
        told_no = answer.status_code == 403 and "không có quyền" in answer.text
        assert told_no is (guard.right not in RIGHTS[role]), f"{role} {method} {route.path}: {answer.status_code}"
        assert answer.status_code < 500, f"{role} {method} {route.path}"


@pytest.mark.parametrize("role", list(Role))
def test_a_post_without_a_token_of_ours_does_nothing(app: Any, stranger: Any, door: Any, role: Role) -> None:
    stranger.log_in(next(account.name for account in door.accounts if account.role is role))
    for method, route in routes(app):
        if method != "GET" and isinstance(guard_of(route), Needs):
            answer = stranger.post(filled(route.path), token="made-up")
            assert answer.status_code in (403, 422), route.path


def test_every_role_looks_and_every_right_is_somebodys() -> None:
    assert set(RIGHTS) == set(Role)
    assert all(Right.LOOK in rights for rights in RIGHTS.values())
    assert frozenset().union(*RIGHTS.values()) == frozenset(Right)


def test_only_approvers_approve_and_only_administrators_administer() -> None:
    assert [role for role in Role if Right.APPROVE in RIGHTS[role]] == [Role.APPROVER]
    assert [role for role in Role if Right.ADMINISTER in RIGHTS[role]] == [Role.ADMINISTRATOR]
    assert [role for role in Role if Right.ALERT in RIGHTS[role]] == [Role.OFFICER]


def test_a_console_with_a_route_that_does_not_say_who_may_use_it_does_not_start(app: Any) -> None:
    check_routes(app)

    async def secret() -> str:
        return "mật"

    app.get("/mat", dependencies=[public()])(secret)
    check_routes(app)
    app.get("/mat-hon")(secret)
    with pytest.raises(RuntimeError, match="mat-hon"):
        check_routes(app)
