"""Vietnamese that was typed for a font from before Unicode, and came along as Unicode's letters for its bytes."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

OLD_ADVICE: Final = (
    "it was written in an old Vietnamese encoding such as TCVN3 (.VnTime) or VNI: convert it to Unicode first, "
    "in UniKey with Ctrl+Shift+F6, and save it again"
)

# Letters that Vietnamese in Unicode has in nearly every sentence, and the old encodings never.
_UNICODE_VIETNAMESE = re.compile(r"[\u0110\u0111\u01a0\u01a1\u01af\u01b0\u0102\u0103\u1ea0-\u1ef9]")
# TCVN3 has signs of commerce and fractions within words; VNI has a marked letter after each vowel it marks, where
# Unicode has one only in *oà*, *uê*, *yê* and their like.
_TCVN3 = re.compile(r"[A-Za-z][©®µ¸¹¶·¨«¬\xad¢§ª][a-z]?|[©®§]\w")
_VNI = re.compile(r"[ae][ùøûõïâêåéèúüëäàáã]|[oyuöô][ùøûõïåúüëä]", re.IGNORECASE)
_FEW_WORDS = 3


def is_old_vietnamese(text: str) -> bool:
    """Say whether text in Unicode letters was meant for a font from before Unicode."""
    composed = unicodedata.normalize("NFC", text)
    if _UNICODE_VIETNAMESE.search(composed):
        return False
    return len(_TCVN3.findall(composed)) >= _FEW_WORDS or len(_VNI.findall(composed)) >= _FEW_WORDS
