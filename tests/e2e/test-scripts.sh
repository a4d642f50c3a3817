#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Where the rules of a shell script stand: it is run once more to find out, of which nothing is seen.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# The machine's secrets are the second run's no more than the first's.
mount -t tmpfs none /var/backups && echo "a secret" >/var/backups/secret

cat >expected <<'END'
policy fw.sh:12
body fw.sh:20
function lib.sh:8
nft fw.sh:27
allowed null:null
once null:null
END

known() { # SCENARIO WHO
	run_json "$1"
	ends_with 0 "$2"
	jq -r '.scenarios[].variants[].probes[] | "\(.name) \(.evidence.file):\(.evidence.line)"' out >places
	same "$2: places" expected places
}

known "$data/scripts/scenario.yaml" "a script"
known "$data/scripts/jails.yaml" "a script with jails"

# What the first line names runs it both times, executable or not.
run_json "$data/scripts/bash.yaml"
ends_with 0 "a script for bash alone"
report_has 'all(.scenarios[].variants[].probes[].evidence; (.file | test("bash.sh$")) and .line == 5)' "a script for bash alone"

# The way that explain tells has them too.
fwlab explain "$data/scripts/scenario.yaml" function
ends_with 0 "explain"
check "explain: the place" grep -qE 'udp .* DROP +\(?lib\.sh:8' out

make_user 65536
cp -R "$data/scripts" users-scripts
fwlab=$users_fwlab
known users-scripts/scenario.yaml "a script without root"

finish
