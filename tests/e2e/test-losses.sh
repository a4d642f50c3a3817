#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets that no rule was heard to drop: the kernel's own reason is told, at once, and nothing is
# guessed where it cannot be asked.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

[ -r /sys/kernel/btf/vmlinux ] || skip "the kernel does not tell its types (BTF)"

run_json --jobs 2 "$data/losses"
ends_with 0 "as it is"
report_has '.totals | .failed == 0 and .inconclusive == 0 and .passed == 80' "as it is"

# Of a variant, in a probe: so many have this for evidence.
tells() { # VARIANT COUNT CONDITION
	report_has '[.scenarios[].variants[] | select(.name == "'"$1"'") | .probes[] | select('"$3"')] |
		length == '"$2" "$1"
}
tells none 0 '.evidence.reason'
tells reverse-path 4 '.family == "ipv4" and .outcome == "unreachable" and .how == "rp_filter" and
	.evidence.kind == "kernel" and .evidence.host == "router" and .evidence.reason == "IP_RPFILTER"'
tells answers 3 '.evidence.reason == "IP_RPFILTER" and (.why | test("dropped the answer"))'
tells ingress 8 '.outcome == "dropped" and .evidence.kind == "rule" and .evidence.line and .ms < 400'
tells untraced 8 '.outcome == "dropped" and .evidence.kind == "kernel" and .evidence.reason == "NETFILTER_DROP"'
tells on-the-bridge 2 '.outcome == "dropped" and .evidence.host == "router" and .evidence.line == 5'
tells rejecting 8 '.outcome == "rejected" and .evidence.host == "router" and .evidence.reason == "NETFILTER_DROP"'
tells mute 2 '.outcome == "unreachable" and .evidence.host == "server" and .evidence.reason == "NO_SOCKET"'

# What is too big for a link is lost by the rule that keeps its sender from being told so.
run_json "$data/too-big"
ends_with 0 "too big"
report_has '[.scenarios[].variants[].probes[] | select(.outcome == "dropped") | .how, .evidence.line,
	.evidence.reason] == ["path MTU discovery", 4, "PKT_TOO_BIG", "path MTU discovery", 5, "PKT_TOO_BIG"]' "too big"
report_has 'all(.scenarios[].variants[].probes[] | select(.outcome == "dropped");
	.why | test("^server dropped not the answer but gateway.s ICMP error"))' "too big"

# An answer that no rule dropped and that does not come is nobody's deny, in any protocol.
run_json --jobs 2 "$data/oneway"
ends_with 0 "one way"
report_has 'all(.scenarios[].variants[].probes[]; .outcome == "unreachable" and .how == "no answer")' "one way"
report_has '[.scenarios[].variants[].probes[] | select(.name == "udp")] | length == 6 and
	all(.why | test("^web received it, but its answer did not come back .* no rule dropped that"))' "one way"

# Rules before any of ours, which none can be put before: less is told of them, and nothing wrong.
run_json --jobs 2 "$data/first"
ends_with 0 "first"
report_has '.totals == {passed: 18, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "first"

# The real apt-get gives up by itself, and is believed no more than any program.
rm -rf cut-off
cp -R "$data/losses" cut-off
sed -i -e 's/services: .*udp.*/services: [ apt ]/' -e '/^probes:/q' cut-off/scenario.yaml
cat >>cut-off/scenario.yaml <<'END'
  - name: apt
    from: client
    apt: update
    family: ipv4
    expect: { reverse-path: unreachable at router, ingress: drop at router, none: allow, else: exit 0 }
END
run_json --jobs 3 --variant none --variant reverse-path --variant ingress cut-off
ends_with 0 "apt-get, cut off"
tells none 1 '.outcome == "allowed"'
tells reverse-path 1 '.evidence.reason == "IP_RPFILTER" and .evidence.kind == "kernel"'
tells ingress 1 '.outcome == "dropped" and .evidence.kind == "rule"'

# The wrong host is not the right one.
rm -rf copy
cp -R "$data/losses" copy
sed -i 's/unreachable at router/unreachable at server/; s/drop at router/drop at server/' copy/scenario.yaml
run_json --jobs 2 --filter connection copy
ends_with 1 "the wrong host"
report_has '[.scenarios[].variants[].probes[] | select(.passed | not)] | length == 6' "the wrong host"

# Where the kernel cannot be asked: the same but for what only it knows, and that is said.
mount -t tmpfs none /sys/kernel/btf
run_json --jobs 2 --variant reverse-path --variant untraced "$data/losses"
ends_with 3 "without BTF"
cp out without
{
	cat "$data/losses/scenario.yaml"
	echo 'needs: [ { feature: drop-reasons, variants: [ingress] } ]'
} >copy/scenario.yaml
run_json --variant ingress copy
ends_with 0 "needed, and not there"
report_has '.totals == {passed: 0, failed: 0, inconclusive: 0, skipped: 10, refused: 0}' "needed, and not there"
cp without out
umount /sys/kernel/btf
report_has '[.scenarios[].variants[].probes[].evidence | select(.reason)] == []' "without BTF"
tells reverse-path 4 '.family == "ipv4" and .outcome == "unreachable" and .evidence.kind == "trace" and
	(.why | test("could not be heard: .*BTF"))'
tells untraced 6 '.outcome == "dropped" and .evidence.kind == "timeout" and .why != "" and
	(.why | test("could not be heard: .*BTF"))'

# Where it is needed and there, it is not skipped.
run_json --variant ingress --filter connection copy
ends_with 0 "needed"
report_has '.totals == {passed: 2, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "needed"

# And without instruments it is not asked.
run_json --bare --variant reverse-path --variant untraced "$data/losses"
report_has '[.scenarios[].variants[].probes[].evidence | select(.reason or .kind == "kernel")] == []' "bare"

finish
