"""The form of a template, a draft and an update: figures as figures, faults beside their fields, zones on a map."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any, ClassVar

import pytest

from smartradio.domain.alert import AlertState, AlertStatus, Origin
from smartradio.station.node_records import NodeSetting
from tests.web.alert_book_desk import WORDS, kept
from tests.web.alert_desk import NOW, PIN

FLOOD = {
    "template": "lu-khan-cap",
    "o-song": "sông Vạc",
    "o-tram": "trạm Yên Hòa",
    "o-luc": "4h50",
    "o-muc_nuoc": "4,52",
    "issuer": "Đài Khí tượng Thủy văn tỉnh",
    "issued": "2026-11-22T04:55",
}


def sent(visitor: Any, **changes: Any) -> Any:
    form = {
        **FLOOD, "zones": ["thon-1"], "once": "lan-1", "pin": PIN, "do": "phat", "repeat_min": "120", "lasts_h": "12",
    }  # fmt: skip
    return visitor.post("/khan", **(form | {name.replace("_D_", "-"): value for name, value in changes.items()}))


class TestWhatAScriptIsTold:
    def test_a_fault_of_a_field_names_it(self, khang: Any) -> None:
        wrong = khang.post("/khan/ma", **(FLOOD | {"o-song": "", "pin": PIN})).json()
        assert wrong["field"] == "song"
        assert wrong["error"].startswith("Sông: ")

    def test_what_the_form_was_made_for_is_gone_and_nothing_typed_is_lost(self, khang: Any, alerts: Any) -> None:
        page = khang.post(
            "/khan", text="Nước lên.", zones=["thon-1"], once="x", pin=PIN, do="phat", supersedes="deadbeef"
        )
        assert page.status_code == 422
        assert "Nước lên.</textarea>" in page.text
        assert 'name="supersedes" value=""' in page.text
        assert alerts.sent == []


class TestATemplate:
    def test_figures_are_typed_as_figures_with_their_unit(self, khang: Any) -> None:
        page = khang.get("/khan/soan?mau=lu-khan-cap").text
        field = re.search(r'<input id="o-muc_nuoc"[^>]+>(.*?)</span>', page)
        assert field is not None
        assert 'inputmode="decimal"' in field[0]
        assert "<i>m</i>" in field[1]
        assert 'name="issuer"' in page

    def test_it_goes_out_with_its_siren_its_figures_and_its_repetitions(self, khang: Any, alerts: Any) -> None:
        assert sent(khang).status_code == 303
        alert = alerts.sent[0][0].alert
        assert (alert.origin, alert.source, alert.siren) == (Origin.TEMPLATE, "lu-khan-cap", "siren_flood")
        assert alert.values["muc_nuoc"] == "4,52"
        assert (alert.repeat_every, alert.expires_at) == (timedelta(hours=2), NOW + timedelta(hours=12))
        assert alert.issued_at == NOW - timedelta(minutes=7)
        assert alert.status is AlertStatus.ACTUAL

    def test_figures_are_read_back_as_they_are_said(self, khang: Any, alerts: Any) -> None:
        page = sent(khang, do="doc", pin="").text
        table = page[page.index('class="figures"') : page.index("</table>")]
        assert "4,52 m" in table
        assert "bốn phẩy năm hai mét" in table or "bốn phẩy năm mươi hai mét" in table
        assert alerts.sent == []

    def test_every_fault_stands_beside_its_field_and_nothing_typed_is_lost(self, khang: Any, alerts: Any) -> None:
        page = sent(khang, **{"o-muc_nuoc": "4m5", "o-luc": "29h", "o-song": "", "zones": []})
        assert page.status_code == 422
        for name in ("muc_nuoc", "luc", "song"):
            assert f'aria-describedby="loi-{name}"' in page.text
            assert f'id="loi-{name}" class="error"' in page.text
        assert 'value="4m5"' in page.text
        assert 'value="Đài Khí tượng Thủy văn tỉnh"' in page.text
        assert "Chọn ít nhất một thôn." in page.text
        assert PIN not in page.text
        assert alerts.sent == []

    @pytest.mark.parametrize("issued", ["0001-01-01T00:00", "0026-11-22T04:55", "2026-11-23T04:55"])
    def test_a_time_of_issue_that_is_still_to_come_or_was_long_ago_is_refused(
        self, khang: Any, alerts: Any, issued: str
    ) -> None:
        page = sent(khang, issued=issued)
        assert page.status_code == 422
        assert "Không phải là giờ, hoặc là giờ chưa tới." in page.text
        assert alerts.sent == []

    def test_a_script_is_told_the_first_fault_and_hears_nothing_of_a_pin(self, khang: Any) -> None:
        answer = khang.post("/khan/ma", **(FLOOD | {"o-muc_nuoc": "", "pin": PIN}))
        assert (answer.status_code, answer.json()["field"]) == (422, "muc_nuoc")

    def test_an_exercise_is_one_in_the_book_and_its_words_say_so(self, khang: Any, alerts: Any) -> None:
        page = sent(khang, exercise="1", do="doc", pin="").text
        assert "đây là diễn tập" in page
        assert sent(khang, exercise="1").status_code == 303
        assert alerts.sent[0][0].alert.status is AlertStatus.EXERCISE

    def test_a_template_that_is_no_longer_there_is_told_and_sends_nothing(self, khang: Any, alerts: Any) -> None:
        page = sent(khang, template="mau-da-xoa")
        assert page.status_code == 422
        assert "không còn nữa" in page.text
        assert alerts.sent == []


class TestADraft:
    @pytest.fixture
    def waits(self, alerts: Any) -> Any:
        alerts.book["cho-1"] = kept(
            "cho-1", state=AlertState.DRAFT, origin=Origin.CAP, zones=("thon-2",), risk_level=None
        )
        return alerts.book["cho-1"]

    def test_its_words_stand_and_its_zones_are_chosen(self, khang: Any, waits: Any) -> None:
        page = khang.get("/khan/soan?nhap=cho-1").text
        assert "<textarea" not in page
        assert "Tin của Đài khí tượng thủy văn tỉnh, ban hành lúc" in page
        assert 'class="spoken"' in page
        assert re.findall(r'name="zones" value="([^"]+)" checked', page) == ["thon-2"]

    def test_it_goes_out_under_its_own_name_with_the_zones_chosen(self, khang: Any, alerts: Any, waits: Any) -> None:
        khang.get("/khan/soan?nhap=cho-1")
        form = {"draft": "cho-1", "zones": ["thon-1", "thon-2"], "pin": PIN, "do": "phat", "repeat_min": "0"}
        answer = khang.post("/khan", once="lan-9", lasts_h="", issued="2026-11-22T04:47", **form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/khan/tin/cho-1")
        alert = alerts.sent[0][0].alert
        assert (alert.id, alert.text, alert.zones) == ("cho-1", WORDS, ("thon-1", "thon-2"))
        assert alert.expires_at == waits.alert.expires_at

    def test_one_that_was_sent_meanwhile_leads_to_its_page(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept()
        answer = khang.get("/khan/soan?nhap=lu-1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/khan/tin/lu-1")

    def test_it_is_discarded_with_a_reason(self, khang: Any, alerts: Any, waits: Any) -> None:
        khang.get("/khan/soan?nhap=cho-1")
        refused = khang.post("/khan/tin/cho-1/bo", note=" ")
        assert refused.status_code == 422
        assert "Xin ghi lý do" in refused.text
        assert khang.post("/khan/tin/cho-1/bo", note="Không phải xã mình").status_code == 303
        assert alerts.book["cho-1"].state is AlertState.DISCARDED


class TestADraftOfAGauge:
    VALUES: ClassVar = {"song": "sông Vạc", "tram": "trạm Yên Hòa", "luc": "4h50 22/11", "muc_nuoc": "4,52"}

    @pytest.fixture
    def waits(self, alerts: Any) -> Any:
        alerts.book["cho-1"] = kept(
            "cho-1",
            state=AlertState.DRAFT,
            origin=Origin.GAUGE,
            source="ben-de",
            template="lu-bao-dong-2",
            values=self.VALUES,
            supersedes="lu-1",
        )
        alerts.book["lu-1"] = kept()
        return alerts.book["cho-1"]

    def test_it_opens_in_the_templates_form_with_the_reading_filled_in(self, khang: Any, waits: Any) -> None:
        page = khang.get("/khan/soan?nhap=cho-1").text
        assert 'name="template" value="lu-bao-dong-2"' in page
        assert 'name="draft" value="cho-1"' in page
        for name, value in self.VALUES.items():
            assert f'name="o-{name}" value="{value}"' in page
        assert 'name="o-cao_hon" value=""' in page
        assert 'class="spoken"' in page
        assert "/khan/tin/cho-1/bo" in page

    def test_it_goes_out_with_what_the_officer_has_added(self, khang: Any, alerts: Any, waits: Any) -> None:
        khang.get("/khan/soan?nhap=cho-1")
        fields = {f"o-{name}": value for name, value in self.VALUES.items()} | {"o-cao_hon": "0,52"}
        form = {"draft": "cho-1", "template": "lu-bao-dong-2", "zones": ["thon-2"], "pin": PIN, "do": "phat"}
        answer = khang.post(
            "/khan", once="lan-9", lasts_h="", repeat_min="60", issued="2026-11-22T04:47",
            issuer="Đài Khí tượng Thủy văn tỉnh", **form, **fields,
        )  # fmt: skip
        assert (answer.status_code, answer.headers["location"]) == (303, "/khan/tin/cho-1")
        alert = alerts.sent[0][0].alert
        assert (alert.id, alert.source, alert.origin) == ("cho-1", "ben-de", Origin.GAUGE)
        assert "cao hơn mức báo động 2 là 0,52 m" in alert.text
        assert (alert.zones, alert.supersedes) == (("thon-2",), "lu-1")
        assert alert.expires_at == waits.alert.expires_at

    def test_what_it_could_not_fill_in_is_a_fault_beside_its_field(self, khang: Any, alerts: Any, waits: Any) -> None:
        values = {"tram": "trạm Yên Hòa", "muc_nuoc": "4,52", "toc_do": "7,5"}
        alerts.book["cho-1"] = replace(waits, alert=replace(waits.alert, values=values))
        page = khang.get("/khan/soan?nhap=cho-1").text
        faults = re.findall(r'<p id="loi-(o-)?(\w+)" class="error" role="alert">([^<]+)', page)
        assert [name for _, name, _ in faults] == ["song", "luc", "toc_do"]
        assert 'name="o-muc_nuoc" value="4,52"' in page
        assert 'name="o-toc_do" value="7,5"' in page

    @pytest.mark.parametrize("template", ["mau-da-xoa", ""])
    def test_without_its_template_its_words_stand(self, khang: Any, alerts: Any, waits: Any, template: str) -> None:
        alerts.book["cho-1"] = replace(waits, alert=replace(waits.alert, template=template))
        page = khang.get("/khan/soan?nhap=cho-1").text
        assert 'name="o-' not in page
        assert WORDS.splitlines()[0] in page


class TestAnUpdate:
    def test_it_opens_filled_in_as_the_present_one_and_takes_its_place(self, khang: Any, alerts: Any) -> None:
        sent(khang)
        page = khang.get("/khan/soan?thay=cb-lan-1").text
        assert 'value="4,52"' in page
        assert re.findall(r'name="zones" value="([^"]+)" checked', page) == ["thon-1"]
        answer = sent(khang, once="lan-2", supersedes="cb-lan-1", **{"o-muc_nuoc": "4,9"})
        assert answer.headers["location"] == "/khan/tin/cb-lan-2"
        assert alerts.book["cb-lan-1"].state is AlertState.UPDATED
        assert alerts.sent[1][0].alert.values["muc_nuoc"] == "4,9"

    def test_of_what_another_updated_meanwhile_says_so_before_it_goes_out(self, khang: Any, alerts: Any) -> None:
        sent(khang)
        again = {**FLOOD, "zones": ["thon-1"], "supersedes": "cb-lan-1", "o-muc_nuoc": "4,9"}
        assert "đã cập nhật tin này" not in khang.post("/khan/chuan-bi", **again).text
        sent(khang, once="lan-2", supersedes="cb-lan-1", **{"o-muc_nuoc": "4,8"})
        told = khang.post("/khan/chuan-bi", **again).text
        assert "đã cập nhật tin này lúc" in told
        assert 'href="/khan/tin/cb-lan-2"' in told
        assert "đã cập nhật tin này lúc" in khang.get("/khan/soan?thay=cb-lan-1").text

    def test_of_own_words_has_them_and_of_an_exercise_stays_one(self, khang: Any, alerts: Any) -> None:
        alerts.book["lu-1"] = kept(status=AlertStatus.EXERCISE)
        page = khang.get("/khan/soan?thay=lu-1").text
        assert f"{WORDS}</textarea>" in page
        answer = khang.post(
            "/khan", text="Nước rút.", supersedes="lu-1", zones=["thon-1"], once="x", pin=PIN, do="phat",
            issued="2026-11-22T05:00",
        )  # fmt: skip
        assert answer.status_code == 303
        assert alerts.sent[0][0].alert.status is AlertStatus.EXERCISE


class TestZonesOnTheMap:
    def test_hamlets_with_a_place_are_labels_of_the_same_ticks(self, khang: Any) -> None:
        page = khang.get("/khan/soan").text
        on_map = re.findall(r'<label for="z-([^"]+)" data-zone', page)
        assert sorted(on_map) == ["thon-1", "thon-2", "thon-3"]
        assert re.findall(r'id="z-([^"]+)" name="zones"', page) == ["thon-1", "thon-2", "thon-3"]

    def test_without_a_script_a_style_shows_what_is_chosen(self, khang: Any) -> None:
        style = khang.get("/khan/ban-do.css")
        assert style.headers["content-type"].startswith("text/css")
        assert 'body:has([id="z-thon-2"]:checked) [data-zone="thon-2"]' in style.text

    def test_hamlets_side_by_side_do_not_cover_each_other(self, khang: Any, desk: Any) -> None:
        upkeep = desk.desks.upkeep
        near = [NodeSetting(0.0, 20.105 + number / 100_000, 105.98) for number in range(3)]
        upkeep.nodes = [replace(node, setting=at) for node, at in zip(upkeep.nodes, near, strict=False)]
        page = khang.get("/khan/soan").text
        boxes = [(float(x), float(y)) for x, y in re.findall(r'<foreignObject x="([\d.]+)" y="([\d.]+)"', page)]
        assert len(boxes) == 3
        for one, other in combinations(boxes, 2):
            assert abs(one[0] - other[0]) >= 229 or abs(one[1] - other[1]) >= 139

    def test_where_no_node_has_a_place_there_is_no_map(self, khang: Any, desk: Any) -> None:
        desk.desks.upkeep.nodes.clear()
        assert "zone-map" not in khang.get("/khan/soan").text
