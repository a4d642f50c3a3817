# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Shared by the end-to-end tests, which use the command as a person would. A
# test is `test-NAME.sh FWLAB`; it is sourced with that argument, and runs in a
# machine of its own: network, processes, mounts, /tmp and /run are its own, so
# that what a lab leaves there is seen, and what others do meanwhile is not.
#
# Exit status: 0 all was as it should be, 1 something was not, 77 cannot run here.

set -u

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$(dirname "$here")")
# shellcheck disable=SC2034 # for the tests
data=$here/data

skip() {
	echo "skipped: $*" >&2
	exit 77
}

# Start this test again in a machine of its own; returns in there.
own_machine() { # TEST FWLAB
	[ "${E2E_OWN_MACHINE:-}" = yes ] && return
	[ "$(id -u)" -eq 0 ] || skip "building a lab needs root"
	for tool in jq unshare nft ip; do
		command -v "$tool" >/dev/null || skip "there is no $tool"
	done
	E2E_OWN_MACHINE=yes exec unshare --net --pid --fork --kill-child --mount-proc \
		--propagation private "$1" "$2"
}

# Empty /tmp, /var/tmp and /run, but for what the test is made of; what is mounted from here on would
# show in every namespace that is not made private, as on a machine with systemd.
furnish_machine() {
	mount -t tmpfs none /run
	mkdir /run/source /run/build
	mount --bind "$root" /run/source
	mount --bind "$(dirname "$fwlab")" /run/build
	mount -t tmpfs none /var/tmp
	mount -t tmpfs none /tmp
	mkdir -p "$root" "$(dirname "$fwlab")"
	mountpoint -q "$root" || mount --bind /run/source "$root"
	mount --bind /run/build "$(dirname "$fwlab")"
	umount /run/source /run/build
	rmdir /run/source /run/build
	mount -t tmpfs none /mnt
	mount --make-rshared /
	ip link set lo up
}

fwlab=$(readlink -f "${1:?usage: $0 FWLAB}")
own_machine "$(readlink -f "$0")" "$fwlab"
furnish_machine || exit 1
work=/mnt # the test's own files
cd "$work" || exit 1
unset NO_COLOR
checks=0 failures=0

# What the command said or, of a JSON report, the totals and all that did not go as expected.
show_out() {
	jq -ce '.totals, (.scenarios[] | .name as $scenario | .variants[] | .name as $variant |
		(select(.error) | {$scenario, $variant, error}),
		(.probes[] | select(.passed | not) |
			{$scenario, $variant, name, family, outcome, how, complaint, why, trouble}))' \
		out 2>/dev/null || cat out
}

# Say that something is not as it should be, and show it.
fail() {
	failures=$((failures + 1))
	printf 'FAILED: %s\n' "$*"
	[ ! -s "$work/out" ] || (cd "$work" && show_out) | head -n 20 | sed 's/^/  out: /'
	[ ! -s "$work/err" ] || head -n 20 "$work/err" | sed 's/^/  err: /'
	return 0
}

# Check what a command says by its exit status: check WHAT COMMAND...
check() {
	what=$1
	shift
	checks=$((checks + 1))
	"$@" >"$work/check" 2>&1 || {
		fail "$what"
		head -n 20 "$work/check" | sed 's/^/  check: /'
	}
}

# The number of the last process that was started in this machine, which is cat.
last_process() {
	cat /proc/sys/kernel/ns_last_pid
}

asking=$(last_process) # how many processes asking takes
asking=$(($(last_process) - asking))

# Run fwlab; its exit status, standard output and error go to $status, $work/out and $work/err, and the
# number of processes that were started, itself included, to $started. Every run proves that it
# leaves the machine as it was, where a test is not about just that.
fwlab() {
	status=0
	if [ "$1" = run ] && [ "${proved:-yes}" = yes ]; then
		shift
		set -- run --prove-untouched "$@"
	fi
	started=$(last_process)
	"$fwlab" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	started=$(($(last_process) - started - asking))
}

# As many as that takes when there is nothing to do (a sanitizer has a process of its own).
fwlab --version
alone=$started

# Run scenarios with a JSON report.
run_json() {
	fwlab run --report json "$@"
}

ends_with() { # STATUS WHAT
	check "$2: ends with status $1, not $status" [ "$status" -eq "$1" ]
}

# Standard error matches an extended regular expression.
says() { # REGEX WHAT
	check "$2: says $1" grep -qE -e "$1" "$work/err"
}

# Nothing on standard output: no report, and so no claim of success.
is_silent() { # WHAT
	check "$1: nothing on standard output" [ ! -s "$work/out" ]
}

starts_nothing() { # WHAT
	check "$1: $started processes, not $alone" [ "$started" -eq "$alone" ]
}

# The JSON report meets a jq condition.
report_has() { # CONDITION WHAT
	check "$2: $1" jq -e "$1" "$work/out"
}

# The probes of the last report, one a line: variant, name, family, outcome, how, evidence, hosts.
outcomes() {
	jq -r '.scenarios[] | .name as $s | .variants[] | .name as $v | .probes[] |
		[$s, $v, .name, .family, .outcome, .how, .evidence.kind, .evidence.host,
		 .evidence.arrived_at] | join("|")' "$work/out"
}

same() { # WHAT FILE FILE
	check "$1" diff -u "$2" "$3"
}

# The first number from there that is nobody's, neither user nor group.
first_free() { # NUMBER
	free=$1
	while getent passwd "$free" || getent group "$free"; do
		free=$((free + 1))
	done >/dev/null
	echo "$free"
}

# Where subordinate ids can begin, behind all that are somebody's.
first_subordinate() {
	cat /etc/subuid /etc/subgid 2>/dev/null | awk -F : '
		BEGIN { next_one = 131072 }
		$2 + $3 > next_one { next_one = $2 + $3 }
		END { print next_one }'
}

# Have an ordinary user in this machine, $user, with a home and as many subordinate ids; their fwlab is
# $users_fwlab, and "as_user" runs all else. All that they need is below $work.
make_user() { # COUNT
	[ -d etc ] || {
		mkdir etc
		cp -a /etc/. etc
		mount --bind etc /etc
		mount -t tmpfs none /home
	}
	user=fwtest
	user_id=$(first_free 4711)
	subordinate=$(first_subordinate)
	echo "$user:x:$user_id:$user_id::/home/$user:/bin/sh" >>/etc/passwd
	echo "$user:x:$user_id:" >>/etc/group
	give_subordinates "$1"
	install -d -m 700 -o "$user_id" -g "$user_id" "/home/$user"
	chmod 755 .
	install -m 755 "$fwlab" users-own
	cp -R "$root/scenarios" scenarios
	cat >as_user <<-END
		#!/bin/sh
		exec setpriv --reuid=$user_id --regid=$user_id --clear-groups env HOME=/home/$user "\$@"
	END
	printf '#!/bin/sh\nexec %s/as_user %s/users-own "$@"\n' "$work" "$work" >users_fwlab
	chmod 755 as_user users_fwlab
	# shellcheck disable=SC2034 # for the tests
	users_fwlab=$work/users_fwlab
}

# Set how many subordinate ids the user has; 0: the user is in no list of them.
give_subordinates() { # COUNT
	for file in /etc/subuid /etc/subgid; do
		sed -i "/^$user:/d" "$file" 2>/dev/null
		[ "$1" -eq 0 ] || echo "$user:$subordinate:$1" >>"$file"
	done
}

as_user() {
	"$work/as_user" "$@"
}

# Poll until a command says yes; false when it has not within ten seconds.
await() {
	rounds=0
	until "$@" >/dev/null 2>&1; do
		rounds=$((rounds + 1))
		[ "$rounds" -lt 1000 ] || return 1
		sleep 0.01
	done
}

finish() {
	echo "$((checks - failures)) of $checks checks passed"
	[ "$failures" -eq 0 ] || exit 1
	exit 0
}
