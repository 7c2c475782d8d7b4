#!/usr/bin/env bash
# Runs once, as root, when the image is built: Python, and what requirements.lock names.
set -euo pipefail
root=${AUTOGRADER_ROOT:-/autograder}
export DEBIAN_FRONTEND=noninteractive

find_python() {
    local python
    for python in python3.13 python3.12 python3.11 python3; do
        if "$python" -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    return 1
}

if ! python=$(find_python); then
    apt-get update -qq
    apt-get install -qq --yes --no-install-recommends python3 python3-venv >/dev/null
    if ! python=$(find_python); then
        echo "setup.sh: this image has no Python 3.11 to 3.13; choose a base image with Ubuntu 24.04" >&2
        exit 1
    fi
fi
"$python" -m venv "$root/venv"
"$root/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --only-binary :all: \
    --require-hashes --requirement "$root/source/requirements.lock"

# What lies here is imported by its name, by students' processes too.
packages=$("$root/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$root/source" "$root/source/data" >"$packages/course.pth"

# Hidden cases: for whoever grades, not for students' code.
chown -R "$(id -u)" "$root/source/private"
chmod -R go-rwx "$root/source/private"
