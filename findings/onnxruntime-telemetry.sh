#!/usr/bin/env bash
# ONNX Runtime 1.31.1, the wheel on PyPI for Linux: `import onnxruntime` alone, with no session, writes
# an id of the device and a database of events under ~/.cache/Microsoft. The documented call
# `onnxruntime.disable_telemetry_events()` can be reached only after that import, so it is too late to
# stop the files. The environment variable ORT_DISABLE_TELEMETRY=1, set before the import, stops them.
#
# Output seen:
#   import alone: deviceid onnxruntime.db
#   import, then disable_telemetry_events(): deviceid onnxruntime.db
#   ORT_DISABLE_TELEMETRY=1: none
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnxruntime==1.31.1

files_after() { # CODE [VARIABLE=VALUE]: the names of the files that CODE leaves in an empty home
    rm -rf "$folder/home" && mkdir "$folder/home"
    env -u ORT_DISABLE_TELEMETRY -u XDG_CACHE_HOME HOME="$folder/home" "${@:2}" \
        "$folder/venv/bin/python" -c "$1" 2>/dev/null
    find "$folder/home" -type f -path '*/Microsoft/*' -printf '%f\n' | grep -v lock | sort | xargs
}

alone=$(files_after 'import onnxruntime' || true)
disabled=$(files_after 'import onnxruntime; onnxruntime.disable_telemetry_events()' || true)
variable=$(files_after 'import onnxruntime' ORT_DISABLE_TELEMETRY=1 || true)

echo "import alone: ${alone:-none}"
echo "import, then disable_telemetry_events(): ${disabled:-none}"
echo "ORT_DISABLE_TELEMETRY=1: ${variable:-none}"
[[ $alone == *deviceid* && $disabled == *deviceid* && -z $variable ]]
