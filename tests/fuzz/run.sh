#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
#
# tests/fuzz/run.sh [--seconds N] [--seed N] [TARGET...]: fuzzes each target (default: all) for N seconds
# (default 60), starting from tests/fuzz/corpus and from what earlier runs kept in build-fuzz/corpus.
# Prints executions per target and in total. Inputs that found something lie in build-fuzz/findings; exits
# 1 when there are any, and 77 without clang++-14.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=60 seed=0 targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    -*) echo "run.sh: unknown option $1" >&2; exit 2 ;;
    *) targets+=("$1"); shift ;;
  esac
done
if [ ${#targets[@]} = 0 ]; then targets=(toml csv idx cifar gzip tar image model config dataset weights checkpoint); fi
command -v clang++-14 >/dev/null || { echo "SKIPPED: clang++-14 is not installed"; exit 77; }

cmake --preset fuzz --log-level=WARNING
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}"

# Files that readers want by name lie in memory, and go with this script.
TMPDIR=$(mktemp -d -p /dev/shm dtrain-fuzz-XXXXXX)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
export ASAN_OPTIONS=quarantine_size_mb=16:symbolize=0 UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=suppressions=$PWD/tests/support/lsan.supp:print_suppressions=0

total=0 found=0
for target in "${targets[@]}"; do
  kept=build-fuzz/corpus/$target findings=build-fuzz/findings/$target log=build-fuzz/$target.log
  mkdir -p "$kept" "$findings"
  # 32 KiB decompress to at most 34 MB, and 4 KiB of PNG to 36 MB: no more than that is in proportion.
  case $target in
    dataset | weights | checkpoint) longest=32768 ;;
    *) longest=4096 ;;
  esac
  dictionary=tests/fuzz/dictionaries/$target
  options=()
  if [ -e "$dictionary" ]; then options=("-dict=$dictionary"); fi
  status=0
  build-fuzz/tests/fuzz/fuzz_"$target" "${options[@]}" -max_len=$longest -malloc_limit_mb=64 -rss_limit_mb=512 -timeout=10 -max_total_time="$seconds" \
    -seed="$seed" -print_final_stats=1 -artifact_prefix="$findings/" "$kept" "tests/fuzz/corpus/$target" \
    >"$log" 2>&1 || status=$?
  find "$findings" -type f -empty -delete # a child that rehearses a file must not write, but may try
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  printf '%-12s %12s executions, %8s/s%s\n' "$target" "${executions:-0}" "${rate:-?}" \
    "$([ $status = 0 ] || echo "  FOUND something: see $log and $findings")"
  total=$((total + ${executions:-0}))
  if [ $status != 0 ]; then found=1; fi
done
echo "total        $(printf '%12d' $total) executions"
exit $found
