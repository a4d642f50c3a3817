#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Services out of unit files: their programs run as they stand, whatever goes wrong with one is said at its
# line, and a cgroup that they make is the policy's to match.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

command -v cgcreate >/dev/null || skip "there is no cgcreate"

fwlab run "$data/units"
ends_with 0 "as it is"
check "as it is: 11 probes pass" grep -q '^fwlab: 11 passed, 0 failed, 0 inconclusive' out

# A unit that is changed by sed: broken UNIT SED-SCRIPT STATUS REGEX
broken() {
	rm -rf copy
	cp -R "$data/units" copy
	sed -i "$2" "copy/$1"
	fwlab run copy
	ends_with "$3" "$2"
	check "$2: says $4" grep -qE -e "$4" out err
}
broken worker.service 's/cgcreate -g/cgcreate -q/' 2 \
	"scenario.yaml:10:11: error: service 'worker' of host a failed at worker.service:4: ExecStartPre=/usr/bin/cgcreate: ended with status"
broken worker.service 's/=-.bin.false/=\/bin\/false/' 2 'worker.service:6: ExecStartPre=/bin/false: ended with status 1'
broken worker.service 's/exec sleep infinity/exit 7/' 2 "service 'worker' of host a ended with status 7 before it was ready"
broken worker.service 's/made$/other/' 2 'worker.service:9: ExecStopPost=/usr/bin/cgdelete: ended with status'
broken worker.service '/^ExecStopPost/d' 0 '11 passed'
broken worker.service 's/net_cls.classid=0x00100010/net_cls.classid=0x00100011/' 1 'expected drop at a'
broken worker.service 's/^User=joe/User=jo/' 2 "unknown user 'jo' on host 'a'; did you mean 'joe'"
broken worker.service 's/^Permi.*/Environment=A=b/' 2 'worker.service:2: Environment= is not understood'
broken worker.service 's/^Permi.*//' 2 'ExecStartPre=/usr/bin/cgcreate: ended with status'
broken once.service 's/=!/=/' 1 'its output to contain "joe root"'
broken once.service 's/>>.tmp.once/\&\& exit 7/' 2 'once.service:4: ExecStart=/bin/sh: ended with status 7'

finish
