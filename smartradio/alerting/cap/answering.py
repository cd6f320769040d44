"""What is answered to a message: that it was taken (Ack), or why it was not (Error). Source: CAP 1.2, section 3.2.1."""

from __future__ import annotations

from datetime import datetime

from smartradio.alerting.cap.message import CapAlert, MsgType, Scope


def answer(message: CapAlert, *, identifier: str, sender: str, sent: datetime, refused_because: str = "") -> CapAlert:
    """Return the answer to a message, for its sender alone and of its status; with a reason it is an Error."""
    return CapAlert(
        identifier=identifier,
        sender=sender,
        sent=sent.replace(microsecond=0),
        status=message.status,
        msg_type=MsgType.ERROR if refused_because else MsgType.ACK,
        scope=Scope.PRIVATE,
        addresses=(message.sender,),
        note=refused_because,
        references=(message.key,),
    )
