#!/bin/sh
# hartlock: boot N harts, hammer one allocator under each lock, show what it costs.
# This script finds a Python with what is needed and hands over to host/hartlock, or for `check` to make.
set -eu
export PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}"
stop() { echo "hartlock: interrupted by SIG$1" >&2; exit "$2"; }
trap 'stop HUP 129' HUP; trap 'stop INT 130' INT; trap 'stop TERM 143' TERM
top=$({ dirname "$(readlink -f "$0")"; } 2>/dev/null) || { echo "hartlock: there is no dirname in PATH=$PATH" >&2; exit 2; }
setup='' ours='' ended='' # `ours`: the words before --
for word; do
	shift
	case "$word$ended" in --) ended=1 ;; --setup) setup=1; continue ;; esac
	set -- "$@" "$word"
	[ "$ended" ] || ours="$ours $word"
done
sets='base kernel run' # --engine says which are enough
case "$ours " in
" check ") sets="$sets check" ;;
*" --engine"[\ =]native\ * | *" --engine"[\ =]board\ *) sets=base ;;
*" --engine"[\ =]model\ *) sets='base kernel' ;;
esac
[ -z "$setup" ] || "$top/host/setup" "$sets"
if [ "$setup" ] && [ $# -eq 0 ]; then echo "ready: ./run-bench.sh --smp 8 --lock cas" && exit; fi
if [ "$ours" = ' check' ]; then
	"$top/host/setup" --missing "$sets" >/dev/null && exec make --no-print-directory -C "$top" check
	exit 2
fi
python=$("$top/host/find-python") || {
	echo "hartlock: no Python 3.11 or later with numpy, rich and pyelftools could be run" >&2
	"$top/host/setup" --missing "$sets" || true
	echo "or let hartlock do it: ./run-bench.sh --setup$ours" >&2
	exit 2
}
wait='env --block-signal=HUP,INT,TERM' # until Python can say a sentence
$wait true 2>/dev/null || wait=''
PYTHONPATH="$top/host" exec $wait "$python" -P -m hartlock "$@"
