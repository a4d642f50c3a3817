# Each time it was no more than this program.
capabilities() {
	sed -n 's/^CapEff:\s*//p' "$1"
}
own=$(capabilities /proc/self/status)
none=0000000000000000
[ "$(wc -l </tmp/seen)" -ge 3 ] || exit 2
tr '\t' ' ' </tmp/seen | grep -v -e "CapPrm: $own CapEff: $own\$" -e "CapPrm: $none CapEff: $none\$" && exit 1
exit 0
