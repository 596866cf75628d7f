#!/usr/bin/env bash
# Attacks the scanner in C: sanitizers, fuzzing, failing allocations, and how much of it the tests
# cover. Needs gcc, and a Python with icpctl's test dependencies and gcovr.
#
#   tests/native/check.sh [PYTHON] [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${1:-python3} seconds=${2:-60}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
step() { printf -- '-- %s\n' "$*"; }
warnings=(-std=c11 -Wall -Wextra -Wconversion -Wno-unused-function -Werror)
library=(-shared -fPIC -fvisibility=hidden native/scan.c)
sanitizers=(-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all)
"$python" -m tests.native.fuzz --corpus "$folder"
corpus=("$folder/lines.json" "$folder/records.csv")

step "every allocation fails in turn, with AddressSanitizer, UBSan and LeakSanitizer"
gcc "${warnings[@]}" "${sanitizers[@]}" tests/native/failing_allocations.c -o "$folder/failing"
"$folder/failing" "${corpus[@]}"

step "fuzzing for $seconds seconds, with AddressSanitizer and UBSan"
gcc "${warnings[@]}" "${sanitizers[@]}" "${library[@]}" -o "$folder/sanitized.so"
runtime="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"
# Python itself is not to be judged: it leaks by design at exit.
LD_PRELOAD=$runtime ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
  ICPCTL_NATIVE="$folder/sanitized.so" "$python" -m tests.native.fuzz --seconds "$seconds"

step "as if all keys and values collided"
gcc -std=c11 -O2 -DSCAN_COLLIDE "${library[@]}" -o "$folder/colliding.so"
ICPCTL_NATIVE="$folder/colliding.so" "$python" -m tests.native.fuzz --seconds 5
ICPCTL_LONG=1 ICPCTL_NATIVE="$folder/colliding.so" "$python" -m pytest -n 2 tests/native/test_hostile.py

step "the tests and the failing allocations cover at least 98 % of the lines"
gcc -std=c11 -O0 -g --coverage -fprofile-update=atomic "${library[@]}" -o "$folder/covered.so"
gcc -std=c11 -O0 -g --coverage tests/native/failing_allocations.c -o "$folder/failing"
"$folder/failing" "${corpus[@]}" >/dev/null
ICPCTL_LONG=1 ICPCTL_NATIVE="$folder/covered.so" "$python" -m pytest -n 2 tests/native
"$python" -m gcovr --root . --filter native/ --print-summary --fail-under-line 98 \
  --gcov-ignore-errors=no_working_dir_found \
  --gcov-ignore-parse-errors=negative_hits.warn_once_per_file "$folder"
