#!/usr/bin/env bash
# hartlock: boot N harts, hammer one allocator under each lock, show what it costs.
# This script finds a Python with what is needed and hands over to host/hartlock;
# `./run-bench.sh check` hands over to `make check`.
set -euo pipefail
top=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

setup='' args=() sets=(base kernel run) # --engine says which are enough
while [[ $# -gt 0 && $1 != -- ]]; do
	if [[ $1 == --setup ]]; then setup=1; else args+=("$1"); fi
	shift
done
if [[ ${args[*]} == check ]]; then sets=(base kernel run check); fi
if [[ " ${args[*]} " =~ \ --engine[\ =](native|board)\  ]]; then sets=(base); fi
if [[ " ${args[*]} " =~ \ --engine[\ =](model)\  ]]; then sets=(base kernel); fi
if [[ $setup ]]; then
	"$top/host/setup" "${sets[@]}"
	if [[ ${#args[@]} -eq 0 && $# -eq 0 ]]; then
		echo "ready: ./run-bench.sh --smp 8 --lock cas"
		exit 0
	fi
fi
if [[ ${args[*]} == check ]]; then
	"$top/host/setup" --missing "${sets[@]}" >/dev/null && exec make --no-print-directory -C "$top" check
	exit 2
fi
if ! python=$("$top/host/find-python"); then
	echo "hartlock: no Python 3.11 or later with numpy, rich and pyelftools was found" >&2
	"$top/host/setup" --missing "${sets[@]}" || true
	echo "or let hartlock do it: ./run-bench.sh --setup${args[*]:+ ${args[*]}}" >&2
	exit 2
fi
PYTHONPATH="$top/host" exec "$python" -P -m hartlock "${args[@]}" "$@"
