"""XML from strangers: what could harm the station is refused before anything is done with it."""

from __future__ import annotations

import time

import pytest

from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.safe_xml import MAX_BYTES, read_xml
from tests.alerting.cap.wording import WHOLE, written

LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE alert [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + "]>\n<alert>&m;</alert>"
)
OUTSIDE = '<!-- so --><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'

REFUSED = {
    "a billion laughs": (LAUGHS.encode(), "line 2: The file has a document type"),
    "a file of the station": (OUTSIDE.encode(), "line 1: The file has a document type"),
    "a document type in UTF-16": (LAUGHS.encode("utf-16"), "The file has a document type"),
    "a document type behind an odd comment": (b"<!-->x-->" + OUTSIDE.encode(), "line 1: The file has a document type"),
    "nested without end": (b"<a>" * 100_000, "Elements lie more than 32 deep"),
    "very many elements": (b"<a>" + b"<b/>" * 60_000 + b"</a>", "more than 50,000 elements"),
    "very many attributes": (
        b"<a " + b" ".join(b"b%d='1'" % n for n in range(9_000)) + b"/>",
        "more than 32 attributes",
    ),
    "too long": (b"<a>" + b" " * MAX_BYTES + b"</a>", "more than 1,000,000 bytes"),
    "nothing": (b"", "no well-formed XML"),
    "cut off": (WHOLE.encode()[:300], "line 11: This is no well-formed XML"),
    "bytes of another coding": (written(("Lũ", "L?")).replace(b"L?", b"L\xff"), "line 12: There are bytes here"),
    "another coding, told": (b'<?xml version="1.0" encoding="windows-1258"?><a/>', "in windows-1258; only UTF-8"),
    "an entity of web pages": (b"<a>&nbsp;</a>", "line 1: This is no well-formed XML: undefined entity"),
    "a control character": (b"<a>\x01</a>", "no well-formed XML"),
    "half a pair in UTF-16": ("\ufeff<a>".encode("utf-16-le") + b"\x00\xd8", "There are bytes here"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_harmful_xml_is_refused_at_once_and_in_one_line(case: str) -> None:
    data, said = REFUSED[case]
    begun = time.process_time()
    with pytest.raises(CapError) as refused:
        read_xml(data)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-be", "utf-16-le", "utf-8", "utf-8-sig"])
def test_both_codings_are_read_with_and_without_their_mark(coding: str) -> None:
    assert read_xml(WHOLE.encode(coding)).first_text("identifier") == "LU-1"


def test_words_about_a_document_type_are_words() -> None:
    root = read_xml(b"<?so or so?><!-- <!DOCTYPE no> --><a><![CDATA[<!DOCTYPE a>]]></a>")
    assert root.text == "<!DOCTYPE a>"


def test_an_element_knows_its_line_and_what_is_directly_in_it() -> None:
    root = read_xml(b"<a>\n one\n<b c='d'>two</b> three\n</a>")
    assert (root.text, root.line) == ("one\n three", 1)
    assert [(each.text, each.line, each.attributes) for each in root.children] == [("two", 3, {"c": "d"})]
