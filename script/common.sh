# Shared by the scripts beside it: finds Python, makes the environment, installs what the system lacks.
# shellcheck shell=bash
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$ROOT/.venv"
cd "$ROOT"

say() { printf '%s\n' "$*" >&2; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 /usr/bin/python3; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  say "smartradio needs Python 3.11, 3.12 or 3.13: apt install python3 python3-venv"
  return 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

# apt_install PACKAGE...: installs what is missing where the rights allow it, else names it and returns 1.
apt_install() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing ${missing[*]} ..."
  if as_root env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' sh \
      "${missing[@]}" >"$ROOT/.cache/apt.log" 2>&1; then
    return 0
  fi
  say "Not installed: ${missing[*]} (see .cache/apt.log). Please run: sudo apt install ${missing[*]}"
  return 1
}

# make_environment EXTRAS: a virtual environment with the pinned dependencies, remade when the pins change.
make_environment() {
  local extras="$1" python stamp
  mkdir -p "$ROOT/.cache"
  python="$(find_python)"
  stamp="$(cat pyproject.toml constraints.txt hatch_build.py smartradio/web/assets/package-lock.json <(echo "$extras" "$("$python" -V)" "$ROOT") | sha256sum | cut -d' ' -f1)"
  if [ -f "$VENV/.stamp-$extras" ] && [ "$(cat "$VENV/.stamp-$extras")" = "$stamp" ]; then return 0; fi
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    apt_install python3-venv || return 1
  fi
  say "Setting up Python packages ($extras) ..."
  # Over another interpreter's environment, venv would leave the old links standing.
  if [ "$(cat "$VENV/.python" 2>/dev/null)" != "$("$python" -VV)" ]; then rm -rf "$VENV"; fi
  "$python" -m venv "$VENV"
  "$python" -VV >"$VENV/.python"
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$extras]" \
    2> >(grep -vE '^ *(WARNING|DEPRECATION)' >&2)
  if [ ! -f smartradio/web/static/vendor/.pins ]; then
    say "The browser's libraries (charts, map) could not be fetched. The console works without them; later: rm .venv/.stamp-*"
  fi
  echo "$stamp" >"$VENV/.stamp-$extras"
}
