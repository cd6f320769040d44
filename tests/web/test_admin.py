"""The administrator's pages: accounts, settings, lexicon, models, backups."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.evidence import Step

PASSPHRASE = "mưa nguồn chớp bể năm ấy"


@pytest.fixture
def quan(stranger: Any) -> Any:
    """The administrator, logged in."""
    stranger.log_in("quan")
    stranger.get("/quan-tri/tai-khoan")
    return stranger


@pytest.fixture
def office(desk: Any) -> Any:
    return desk.desks.office


def said(office: Any) -> list[Any]:
    return [entry.evidence for entry in office.store.chain("") if entry.evidence.step is Step.ADMINISTERED]


def password_in(page: Any) -> str:
    found = re.search(r'class="secret">([^<]+)<', page.text)
    assert found is not None
    return found[1]


def test_the_front_page_says_first_what_waits(quan: Any, office: Any) -> None:
    assert "Đến lúc sao lưu rồi" in quan.get("/quan-tri").text
    quan.get("/quan-tri/cai-dat")
    quan.post("/quan-tri/cai-dat", **form_of(office, clip_days="60"))
    assert "1 cài đặt chờ lần khởi động tới" in quan.get("/quan-tri").text


# -- accounts


def test_an_account_is_made_with_a_password_shown_once(quan: Any, office: Any) -> None:
    answer = quan.post("/quan-tri/tai-khoan", title="Đặng Thị Mùa", role="officer", once="k1")
    assert answer.status_code == 200
    assert "dang-thi-mua" in answer.text
    password = password_in(answer)
    assert office.accounts.login("dang-thi-mua", password) is not None
    assert password not in quan.get("/quan-tri/tai-khoan").text
    assert "chưa đặt mã PIN" in quan.get("/quan-tri/tai-khoan").text


def test_an_impatient_thumb_makes_one_account(quan: Any, office: Any) -> None:
    answers = quan.post_twice_at_once("/quan-tri/tai-khoan", title="Đặng Thị Mùa", role="auditor", once="k2")
    assert {password_in(answer) for answer in answers} == {password_in(answers[0])}
    assert [each.name for each in office.desk.people.all() if each.title == "Đặng Thị Mùa"] == ["dang-thi-mua"]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"title": "", "role": "auditor"}, "Xin ghi họ và tên"),
        ({"title": "Mùa", "role": ""}, "Xin chọn vai trò"),
        ({"title": "Mùa", "role": "king"}, "Xin chọn vai trò"),
        ({"title": "Mùa", "role": "auditor", "name": "quan"}, "đã có người dùng"),
        ({"title": "<script>Mùa</script>", "role": "auditor", "name": "'; DROP TABLE accounts"}, "chỉ gồm chữ a-z"),
    ],
)
def test_what_was_typed_wrong_comes_back_with_its_line(
    quan: Any, office: Any, fields: dict[str, str], line: str
) -> None:
    answer = quan.post("/quan-tri/tai-khoan", once="k3", **fields)
    assert answer.status_code == 422
    assert line in answer.text
    assert "<script>Mùa" not in answer.text
    assert fields["title"] == "" or "Mùa" in answer.text
    assert len(office.desk.people.all()) == 2


def test_the_only_administrator_stays(quan: Any, office: Any) -> None:
    assert "Khóa tài khoản" not in quan.get("/quan-tri/tai-khoan/quan").text
    for path, fields in (("khoa", {}), ("", {"title": "Lê Văn Quân", "role": "auditor"})):
        answer = quan.post(f"/quan-tri/tai-khoan/quan/{path}".rstrip("/"), **fields)
        assert answer.status_code == 422
        assert "người quản trị duy nhất" in answer.text
    assert office.desk.people.has_administrator()


def test_a_role_a_password_and_the_logins_are_changed_and_stand_in_the_log(quan: Any, office: Any) -> None:
    quan.get("/quan-tri/tai-khoan/lan")
    assert quan.post("/quan-tri/tai-khoan/lan", title="Nguyễn Thị Lan", role="approver").status_code == 303
    quan.get("/quan-tri/tai-khoan/lan")
    answer = quan.post("/quan-tri/tai-khoan/lan/mat-khau", once="k4")
    assert office.accounts.login("lan", password_in(answer)) is not None
    assert "Cho thoát ở mọi nơi" in quan.get("/quan-tri/tai-khoan/lan").text
    quan.post("/quan-tri/tai-khoan/lan/phien")
    quan.get("/quan-tri/tai-khoan/lan")
    quan.post("/quan-tri/tai-khoan/lan/khoa")
    assert "đã khóa" in quan.get("/quan-tri/tai-khoan").text
    facts = [entry.facts for entry in said(office)[2:]]
    assert [each["change"] for each in facts] == ["changed", "changed", "changed", "disabled"]
    assert {each["account"] for each in facts} == {"quan"}


def test_an_account_that_is_not_there_is_said_plainly(quan: Any) -> None:
    assert "Không có tài khoản này" in quan.get("/quan-tri/tai-khoan/khong-co").text
    assert quan.post("/quan-tri/tai-khoan/khong-co/khoa").status_code == 404


# -- settings


def form_of(office: Any, **changes: str) -> dict[str, str]:
    views = office.desk.settings.all()
    form = {view.setting.name: "" if view.value in (None, False) else str(view.value) for view in views}
    return form | {name.replace("__", "."): value for name, value in changes.items()}


def test_settings_are_kept_and_said_to_wait_for_the_next_start(quan: Any, office: Any) -> None:
    quan.get("/quan-tri/cai-dat")
    answer = quan.post("/quan-tri/cai-dat", **form_of(office, plan__quiet_from="20:30", rate_wpm="150"))
    assert answer.status_code == 303
    page = quan.get("/quan-tri/cai-dat").text
    assert "có hiệu lực từ lần khởi động tới" in page
    assert 'value="20:30"' in page
    assert office.store.settings.values() == {"plan.quiet_from": "20:30", "rate_wpm": 150}


def test_a_form_sent_as_it_came_changes_nothing(quan: Any, office: Any) -> None:
    quan.get("/quan-tri/cai-dat")
    before = len(said(office))
    assert quan.post("/quan-tri/cai-dat", **form_of(office)).status_code == 303
    assert office.store.settings.all() == {}
    assert len(said(office)) == before


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"rate_wpm": "20"}, "từ 80 đến 450"),
        ({"clip_days": "nhiều"}, "từ 1 đến"),
        ({"plan__quiet_from": "khuya"}, "không dùng được"),
        ({"title": ""}, "không dùng được"),
        ({"node_clip_days": "0"}, "phải gửi hết"),
    ],
)
def test_a_wrong_value_keeps_nothing_and_loses_nothing(
    quan: Any, office: Any, changes: dict[str, str], line: str
) -> None:
    quan.get("/quan-tri/cai-dat")
    answer = quan.post("/quan-tri/cai-dat", **form_of(office, standing_text="Lời vừa gõ", **changes))
    assert answer.status_code == 422
    assert line in answer.text
    assert "Lời vừa gõ" in answer.text
    assert office.store.settings.all() == {}


def test_no_secret_of_the_settings_is_shown(quan: Any, office: Any) -> None:
    page = quan.get("/quan-tri/cai-dat").text
    assert all(node.password.get_secret_value() not in page for node in office.settings.nodes)


# -- lexicon


def test_a_name_is_given_its_reading_found_without_accents_and_taken_out(quan: Any, office: Any) -> None:
    quan.get("/quan-tri/tu-dien")
    assert quan.post("/quan-tri/tu-dien", written="Ea Trôl", spoken="ê a trôn", note="buôn").status_code == 303
    assert "Ea Trôl" in quan.get("/quan-tri/tu-dien?tim=ea trol").text
    assert "Không có mục nào" in quan.get("/quan-tri/tu-dien?tim=krong").text
    assert 'value="ê a trôn"' in quan.get("/quan-tri/tu-dien?sua=ea trôl").text
    quan.post("/quan-tri/tu-dien/bo", written="Ea Trôl")
    assert office.desk.names.find() == []
    facts = [entry.facts for entry in said(office)[2:]]
    assert [each["change"] for each in facts] == ["made", "removed"]
    assert "ê a trôn → —" in quan.get("/quan-tri/tu-dien").text


def test_a_reading_that_is_none_comes_back_as_typed(quan: Any, office: Any) -> None:
    quan.get("/quan-tri/tu-dien")
    answer = quan.post("/quan-tri/tu-dien", written="Ea Trôl", spoken="123", note="ghi <b> chú")
    assert answer.status_code == 422
    assert 'value="ghi &lt;b&gt; chú"' in answer.text
    assert "viết bằng chữ tiếng Việt" in answer.text
    assert office.desk.names.find() == []


def test_a_reading_is_heard(quan: Any) -> None:
    answer = quan.get("/quan-tri/nghe.opus?cau=ê a trôn")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/ogg"


# -- models


def test_voices_stand_in_the_order_in_which_they_read(quan: Any) -> None:
    page = quan.get("/quan-tri/giong").text
    assert "đọc trước tiên" in page
    assert "smartradio models install" in page
    assert "không có gì phải kiểm tra" in quan.post("/quan-tri/giong/kiem-tra").text


# -- backups


def test_a_backup_is_handed_over_and_its_log_entry_made(quan: Any, office: Any, tmp_path: Path) -> None:
    quan.get("/quan-tri/sao-luu")
    answer = quan.post("/quan-tri/sao-luu", passphrase=PASSPHRASE, again=PASSPHRASE)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith('.smartradio"')
    assert answer.content.startswith(b"smartradio backup 1\n")
    assert said(office)[-1].facts["what"] == "backup"
    assert PASSPHRASE not in str(said(office))
    assert "Sao lưu lần cuối" in quan.get("/quan-tri/sao-luu").text


def test_a_backup_brought_back_waits_for_the_next_start_until_it_is_left(quan: Any, office: Any) -> None:
    quan.get("/quan-tri/sao-luu")
    data = quan.post("/quan-tri/sao-luu", passphrase=PASSPHRASE, again=PASSPHRASE).content
    answer = bring(quan, data, passphrase=PASSPHRASE, sure="1")
    assert answer.status_code == 303, answer.text
    assert "đang chờ thay cho đài này" in quan.get("/quan-tri").text
    assert office.desk.backups.staged() is not None
    quan.get("/quan-tri/sao-luu")
    quan.post("/quan-tri/sao-luu/thoi")
    assert office.desk.backups.staged() is None


@pytest.mark.parametrize(
    ("harm", "fields", "line"),
    [
        (lambda data: data[:-50], {}, "hỏng hoặc chép chưa đủ"),
        (lambda _: b"MZ an executable", {}, "không phải bản sao lưu"),
        (lambda data: data, {"passphrase": "một câu khác hẳn"}, "Câu mật khẩu không đúng"),
        (lambda data: data, {"sure": ""}, "đánh dấu đồng ý"),
    ],
    ids=["cut", "another file", "wrong passphrase", "not sure"],
)
def test_a_backup_that_cannot_be_leaves_the_station_as_it_is(
    quan: Any, office: Any, harm: Any, fields: dict[str, str], line: str
) -> None:
    quan.get("/quan-tri/sao-luu")
    data = quan.post("/quan-tri/sao-luu", passphrase=PASSPHRASE, again=PASSPHRASE).content
    answer = bring(quan, harm(data), **({"passphrase": PASSPHRASE, "sure": "1"} | fields))
    assert answer.status_code == 422
    assert line in answer.text
    assert office.desk.backups.staged() is None
    assert list(office.desk.backups.arriving.iterdir()) == []


@pytest.mark.parametrize("given", [("ngắn", "ngắn"), (PASSPHRASE, "khác")])
def test_a_passphrase_is_long_and_typed_twice_alike(quan: Any, given: tuple[str, str]) -> None:
    quan.get("/quan-tri/sao-luu")
    answer = quan.post("/quan-tri/sao-luu", passphrase=given[0], again=given[1])
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def bring(visitor: Any, data: bytes, **fields: str) -> Any:
    visitor.get("/quan-tri/sao-luu")
    return visitor.post_file("/quan-tri/sao-luu/phuc-hoi", "file", data, **fields)


# -- begin anew


def test_a_station_started_by_hand_says_so(quan: Any) -> None:
    assert "Khởi động lại đài" not in quan.get("/quan-tri").text
    answer = quan.post("/quan-tri/khoi-dong-lai")
    assert answer.status_code == 409
    assert "do người chạy bằng tay" in answer.text


# -- a password that was handed over


def test_whoever_came_in_with_a_password_handed_over_chooses_their_own_first(stranger: Any, door: Any) -> None:
    lan = door.accounts[0]
    door.accounts = (replace(lan, password_given=True), *door.accounts[1:])
    stranger.log_in("lan")
    for path in ("/", "/soan", "/airings"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/toi"), path
    assert "chỉ mình bạn biết" in stranger.get("/toi").text
    assert stranger.get("/api/airings").status_code in (403, 404)


def test_an_officer_is_not_held_up_by_it(stranger: Any, door: Any) -> None:
    door.accounts = tuple(replace(each, password_given=True) for each in door.accounts)
    stranger.log_in("khang")
    assert stranger.get("/khan").status_code == 200


# -- the first run


def test_a_station_that_is_set_up_takes_no_first_account(stranger: Any, office: Any) -> None:
    code = office.desk.first.open()
    assert "Đài này đã thiết lập xong" in stranger.get(f"/thiet-lap?ma={code}").text
    stranger.get("/login")
    answer = stranger.post("/thiet-lap", ma=code, person="Kẻ lạ", password="x" * 20, again="x" * 20)
    assert answer.status_code == 403
    assert len(office.desk.people.all()) == 2


def test_a_station_without_an_administrator_asks_for_the_code_and_one_name(stranger: Any, office: Any) -> None:
    row = office.store.people.account("quan")
    office.store.people.put(replace(row, disabled=True))
    page = stranger.get("/thiet-lap").text
    assert "Mã mà đài in ra" in page
    assert "Tên xã hoặc phường" not in page
    words = {"person": "Hà Minh", "password": "ga-gay-sang-som", "again": "ga-gay-sang-som"}
    refused = stranger.post("/thiet-lap", ma="sai-roi", **words)
    assert refused.status_code == 403
    assert 'value="Hà Minh"' in refused.text
    assert "ga-gay-sang-som" not in refused.text
    done = stranger.post("/thiet-lap", ma=office.desk.first.open(), **words)
    assert "ha-minh" in done.text
    assert office.accounts.login("ha-minh", "ga-gay-sang-som") is not None
