"""What the station says of a file that was brought in or a text that was typed, in the visitor's words.

The station says it in English, in one line; commands show it as it is. Here the line is known again by its pattern.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from smartradio.web.formats import Reader

# Each is an entry of the catalogues; what stands in {braces} is taken from the line.
SAYINGS: Final = (
    "{name}: the file is empty",
    "{name}: the file is {what}: save it as {formats}",
    "{name}: the file is damaged or not a whole {kind} file ({reason}): save it again",
    "{name}: the {kind} file is cut short: {there}; copy it again",
    "{name}: the file is damaged: {there}; copy it again",
    "{name}: there is no sound in the file, {what}",
    "{name}: there is no sound in the file: it lasts 0 s",
    "{name}: the recording lasts longer than {minutes} minutes: cut it into parts",
    "{name}: the file could not be decoded within {seconds} s: save it as WAV",
    "{name}: could not be opened within {seconds} s: save it as MP3, or shorter",
    "{name}: has more than {size} MB; save it as MP3, or shorter",
    "{name}: has {size} MB, at most {limit} are taken",
    "{name}: the file has {size} MB, at most {limit} are taken: save it as MP3 or shorter",
    "{name}: lasts {seconds} s; a recording must last {least} s",
    "{name}: is silent from beginning to end: check the microphone and record it again",
    "{name}: is silent for the most part, only {seconds} s of {whole} s sound: cut the silence away or record it again",
    "{name}: was recorded too loud, {share} of it is cut off at full scale and rattles: record it again with the microphone turned down",  # noqa: E501 - one entry of the catalogues
    "{name}: {share} of it is cut off at full scale; it may rattle",
    "{name}: its quietest parts lie only {level} dB below its loud ones; noise or music",
    "{name}: is silent for {seconds} s from {at}",
    "{name}: is damaged so badly that it cannot be opened; save it again",
    "{name}: is damaged and cannot be read as a Word file; save it again",
    "{name}: is damaged and cannot be unpacked; save it again",
    "{name}: is protected by a password: save it without one",
    "{name}: is {what}, whatever its name says; hand in a .docx or .txt file",
    "{name}: unpacks to far more than a bulletin; copy its text into a new file",
    "{name}: holds XML entities, which Word never writes; save it again in Word",
    "{name}: is not a Word file, whatever its name says: save it again as .docx or .txt",
    "{name}: is a file of Word 97-2003 or older: save it as .docx",
    "{name}: is {what}: save it as .docx, or copy its text into a .txt file",
    "{name}: is not plain text but a packed file: if it is a Word file, name it .docx",
    "{name}: {ending} files are not read; hand in a .txt or .docx file",
    "{name}: is not text; hand in a .txt or .docx file",
    "{name}: there is no text in it",
    "{name}: has {count} characters, far more than a bulletin; hand in the bulletin only",
    "the bulletin has {count} characters, at most {limit} can be read: split it into several bulletins",
    "the bulletin is empty: it holds no word or number that can be spoken",
    "the bulletin is typed in an old encoding (TCVN3, VNI): convert it with UniKey, Ctrl+Shift+F6",
    "there is nothing in it to read aloud",
    "the voice is busy with other bulletins; try again in a moment",
    "the file did not arrive whole; send it again",
    "the file took too long to arrive; send a smaller one",
    "that is more than can be brought in at once",
    "no file was chosen",
    "what arrived is no form with files",
    "this draft is somebody else's",
)
_PLACE: Final = re.compile(r"\\\{(\w+)\\\}")


def in_words(own: Reader, line: str) -> str:
    """Return the station's line in the visitor's language; one that is not known as it is."""
    for saying, pattern in _patterns():
        found = pattern.fullmatch(line)
        if found is not None:
            values = {name: own.code("of_a_file", value) for name, value in found.groupdict().items()}
            return own._(saying, **values) if values else own._(saying)
    return own._(line)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (saying, re.compile(_PLACE.sub(lambda found: f"(?P<{found[1]}>.+?)", re.escape(saying)), re.DOTALL))
        for saying in SAYINGS
    )
