"""What may be done to an alert: the whole table."""

from __future__ import annotations

import pytest

from smartradio.domain.alert import AlertAct, AlertState, RiskLevel, after_alert_act

_S, _A = AlertState, AlertAct
ALLOWED = {
    (_S.DRAFT, _A.SEND): _S.OUT,
    (_S.DRAFT, _A.DISCARD): _S.DISCARDED,
    (_S.DRAFT, _A.EXPIRE): _S.EXPIRED,
    (_S.OUT, _A.UPDATE): _S.UPDATED,
    (_S.OUT, _A.CANCEL): _S.CANCELLED,
    (_S.OUT, _A.EXPIRE): _S.EXPIRED,
}


@pytest.mark.parametrize("state", sorted(AlertState))
@pytest.mark.parametrize("act", sorted(AlertAct))
def test_an_alert_goes_only_where_the_table_says(state: AlertState, act: AlertAct) -> None:
    assert after_alert_act(state, act) == ALLOWED.get((state, act))


@pytest.mark.parametrize("state", sorted({_S.UPDATED, _S.CANCELLED, _S.EXPIRED, _S.DISCARDED}))
def test_what_is_over_stays_over(state: AlertState) -> None:
    assert {after_alert_act(state, act) for act in AlertAct} == {None}


def test_there_are_five_levels_of_risk_and_no_sixth() -> None:
    assert [level.value for level in RiskLevel] == [1, 2, 3, 4, 5]
