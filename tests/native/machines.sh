#!/usr/bin/env bash
# Runs the scanner on machines that are not this one, under qemu, and compares what it reads there
# with what it reads here: little and big endian, 64 and 32 bits, with and without vectors.
# Needs Debian's qemu-user, and a Python with ziglang and icpctl's test dependencies.
#
#   tests/native/machines.sh [PYTHON [MACHINE...]]
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${1:-python3}
machines=("${@:2}")
(( ${#machines[@]} )) || machines=(aarch64 s390x x86)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m tests.native.fuzz --corpus "$folder"
program() {
  "$python" -m ziglang cc -target "$1-linux-musl" -static -std=c11 -O2 \
    tests/native/failing_allocations.c -o "$folder/$1"
}
read_there() { "$@" "$folder/lines.json" "$folder/records.csv"; }
program x86_64
read_there "$folder/x86_64" >"$folder/expected"
cat "$folder/expected"
for machine in "${machines[@]}"; do
  program "$machine"
  emulator=qemu-${machine/#x86/i386}
  read_there "$emulator" "$folder/$machine" | diff "$folder/expected" -
  echo "$machine: the same"
done
