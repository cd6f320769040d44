"""A running station's console as a command uses it: logged in, asked, and told in one line what went wrong."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from smartradio.domain.errors import BadInputError, SmartradioError

if TYPE_CHECKING:
    import requests

_TOKEN: Final = re.compile(r'name="csrf" value="([^"]+)"')
_CONNECT_S: Final = 10.0
_READ_S: Final = 60.0
_PAUSES_S: Final = (0.0, 1.0, 3.0)
"""Before each try: what is asked is the same each time, and the station takes it once."""
_LOGGED_IN: Final = 303
_WRONG: Final = 401
_TOO_OFTEN: Final = 429
_FAILED: Final = 500


class NobodyAnswersError(SmartradioError):
    """The console did not answer, however often it was asked."""


class ConsoleLink:
    """A session at the console at `address`; every method raises BadInputError or SmartradioError in one line."""

    def __init__(self, address: str) -> None:
        import requests

        self._address = address.rstrip("/")
        self._session = requests.Session()
        # A proxy of this machine's is none between an officer and the commune's office.
        self._session.trust_env = False
        self._token = ""

    def __enter__(self) -> ConsoleLink:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def log_in(self, account: str, password: str) -> Mapping[str, Any]:
        """Log in and return the overview of alerts: zones, templates, what stands in the book."""
        page = self._asked("GET", "/login")
        found = _TOKEN.search(page.text)
        if found is None:
            raise BadInputError(f"{self._address}: this is no console of smartradio")
        form = {"csrf": found[1], "name": account, "password": password, "next": "/khan"}
        answer = self._asked("POST", "/login", form)
        if answer.status_code == _TOO_OFTEN:
            raise BadInputError("too many wrong passwords; wait a while and try again")
        if answer.status_code == _WRONG:
            raise BadInputError(f"the account {account} or its password is wrong")
        if answer.status_code != _LOGGED_IN:
            raise SmartradioError(f"{self._address}: nobody can log in now ({answer.status_code}); try again")
        overview = self.get("/api/alerts")
        self._token = str(overview["form"])
        return overview

    def get(self, path: str) -> dict[str, Any]:
        """Return the document at a path."""
        return self._document(self._asked("GET", path))

    def post(self, path: str, **fields: str) -> dict[str, Any]:
        """Hand in a form and return the answer; the same form may be handed in again when the line breaks."""
        return self._document(self._asked("POST", path, {"csrf": self._token, **fields}))

    def _document(self, answer: requests.Response) -> dict[str, Any]:
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise SmartradioError(f"{self._address}: an answer that is none of ours ({answer.status_code})")
        if answer.ok:
            return document
        line = str(document.get("error", answer.status_code))
        raise (SmartradioError if answer.status_code >= _FAILED else BadInputError)(line)

    def _asked(self, method: str, path: str, form: Mapping[str, str] | None = None) -> requests.Response:
        import requests

        why = ""
        for pause_s in _PAUSES_S:
            time.sleep(pause_s)
            try:
                return self._session.request(
                    method, self._address + path, data=form, timeout=(_CONNECT_S, _READ_S), allow_redirects=False
                )
            except (
                requests.exceptions.InvalidURL,
                requests.exceptions.MissingSchema,
                requests.exceptions.InvalidSchema,
            ):
                raise BadInputError(f"--console {self._address!r}: write it as http://192.168.1.10:8080") from None
            except requests.exceptions.SSLError:
                raise SmartradioError(f"{self._address}: its certificate is not trusted here") from None
            except requests.exceptions.Timeout:
                why = "it does not answer in time"
            except requests.exceptions.RequestException:
                why = "nobody answers there"
        raise NobodyAnswersError(f"{self._address}: {why}")
