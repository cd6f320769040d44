"""What all neural voices share: a model in a supervised child, loaded once, asked a clause at a time."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from smartradio.speech.voices.clauses import MAX_CLAUSE_CHARACTERS, Clause
from smartradio.speech.voices.port import (
    OWN_RATE_WPM,
    VoiceError,
    VoiceRefusedError,
    checked_length,
    checked_rate,
    shortened,
)
from smartradio.supervised import SupervisedWorker, WorkerError, WorkerRefusedError

# With starting the next voice this stays below the five seconds in which somebody must speak.
ANSWER_TIMEOUT_S = 4.0
# Importing torch and reading 150 MB from an SD card.
LOAD_TIMEOUT_S = 120.0
_CLOSE_TIMEOUT_S = 5.0
_MOST_THREADS = 4


def thread_count() -> int:
    """Return how many threads a model may use; one core stays for the station's own work.

    As many threads as cores are faster on an idle machine and forty times slower on a busy one, where they wait
    for each other.
    """
    return max(1, min(_MOST_THREADS, len(os.sched_getaffinity(0)) - 1))


class NeuralVoice(ABC):
    """A voice whose model lives in a supervised child; the child is not started before `warm` or `speak`.

    Its own pace counts as OWN_RATE_WPM; `max_clause_characters` is what its model says at that pace in well
    under its time. A sentence is spoken clause by clause, so that `answer_timeout_s`
    bounds how long a hang stays unnoticed and not how long a sentence may be.
    """

    max_clause_characters = MAX_CLAUSE_CHARACTERS

    def __init__(
        self,
        name: str,
        language: str,
        rate: int,
        worker: SupervisedWorker,
        *,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        load_timeout_s: float = LOAD_TIMEOUT_S,
    ) -> None:
        self._name = name
        self._language = language
        self._rate = rate
        self._worker = worker
        self._answer_timeout_s = answer_timeout_s
        self._load_timeout_s = load_timeout_s
        self._lock = threading.Lock()
        self._speaking = threading.Lock()
        self._loader: threading.Thread | None = None
        self._loaded_pid: int | None = None
        self._failure: VoiceError | None = None
        self._closed = False

    @property
    def name(self) -> str:
        """The kind of the voice, a colon, and the name of its folder."""
        return self._name

    @property
    def language(self) -> str:
        """ISO 639 code of the language it reads."""
        return self._language

    @property
    def own_rate_wpm(self) -> int:
        """The pace its model has by itself, on the scale of all voices."""
        return OWN_RATE_WPM

    @property
    def rate(self) -> int:
        """Sample rate in Hz."""
        return self._rate

    @property
    def ready(self) -> bool:
        """Whether the model is loaded and its child alive."""
        pid = self._worker.pid
        return pid is not None and pid == self._loaded_pid

    @property
    def loading(self) -> bool:
        """Whether the model is being loaded right now."""
        return self._loader is not None and self._loader.is_alive()

    @property
    def failure(self) -> VoiceError | None:
        """Why the model could not be loaded the last time that was tried; None while it is tried again."""
        return self._failure

    def warm(self) -> None:
        """Begin to load in the background unless that is done or under way; returns at once."""
        with self._lock:
            if self._closed or self.ready or self.loading:
                return
            self._failure = None
            self._loader = threading.Thread(target=self._load, name=f"{self._name} loads", daemon=True)
            self._loader.start()

    def wait_until_ready(self, timeout_s: float) -> None:
        """Begin to load if need be and wait for it; raises VoiceError when it fails or takes longer."""
        self.warm()
        if self._loader is not None:
            self._loader.join(timeout_s)
        if self._failure is not None:
            raise self._failure
        if self.loading:
            raise VoiceError(f"the voice {self._name} is still loading after {timeout_s:g} s")
        if not self.ready:
            raise VoiceError(f"the voice {self._name} is closed" if self._closed else f"the voice {self._name} ended")

    def speak(self, sentence: str, *, rate_wpm: int | None = None) -> tuple[npt.NDArray[np.float32], int]:
        """Return `sentence` as float32 mono and its rate; see `Voice.speak`. Raises VoiceError.

        Waits for the model where it is not loaded yet; ask `ready` first where nobody may wait.
        """
        speed_wpm = checked_rate(rate_wpm)
        checked_length(sentence)
        # Slow speech is more sound to compute: the pieces get smaller so that each stays within its time.
        pieces = self._clauses(sentence, round(self.max_clause_characters * min(1.0, speed_wpm / OWN_RATE_WPM)))
        if not pieces:
            raise VoiceRefusedError("there is nothing to say in an empty sentence")
        if not self.ready:
            self.wait_until_ready(self._load_timeout_s)
        spoken: list[npt.NDArray[np.float32]] = []
        for piece in pieces:
            spoken.append(self._ask(piece.text, speed_wpm))
            spoken.append(np.zeros(round(piece.pause_s * self._rate), dtype=np.float32))
        return np.concatenate(spoken), self._rate

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._closed = True
        self._worker.close()
        if self._loader is not None:
            self._loader.join(_CLOSE_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _clauses(self, sentence: str, most: int) -> tuple[Clause, ...]:
        """Return `sentence` as its model wants it, in pieces of at most `most` characters.

        Raises VoiceRefusedError for what the model cannot say.
        """

    def _load(self) -> None:
        try:
            self._worker.call({"warm": True}, timeout_s=self._load_timeout_s)
        except (WorkerError, OSError) as error:  # OSError: no memory or no process left for a child
            self._failure = VoiceError(f"the voice {self._name} could not be loaded: {error}")
            return
        self._loaded_pid = self._worker.pid

    def _ask(self, text: str, rate_wpm: int) -> npt.NDArray[np.float32]:
        payload = text.encode("utf-8", errors="replace")
        # The worker would count waiting for another caller as part of the answer, and kill a child that is well.
        if not self._speaking.acquire(timeout=self._answer_timeout_s):
            raise VoiceRefusedError(f"the voice {self._name} is busy with another sentence")
        try:
            # A call would start a new child, and with it wait for the model.
            if not self.ready:
                raise VoiceError(f"the voice {self._name} ended before {shortened(text)}")
            answer, sound = self._worker.call({"rate_wpm": rate_wpm}, payload, timeout_s=self._answer_timeout_s)
        except WorkerRefusedError as error:
            raise VoiceRefusedError(f"{error}, in {shortened(text)}") from error
        except WorkerError as error:
            raise VoiceError(f"the voice {self._name} failed on {shortened(text)}: {error}") from error
        finally:
            self._speaking.release()
        if answer.get("rate") != self._rate or len(sound) % 4:
            raise VoiceError(f"the voice {self._name} sent something that is not sound")
        return np.frombuffer(sound, dtype="<f4").astype(np.float32)
