# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Debian packages: which fwlab needs, and putting in those that are missing.
# Sourced by lab/run and tests/run.
#
# Installing must leave the machine as it was but for new files: no service is
# started, and none is set up to start at the next boot. Debian's ferm, for
# one, asks whether to put its firewall in place at every boot, and takes
# silence for yes.

# a|b: either will do; the first is installed where there is neither.
PACKAGES_RUN="
	gcc libc6-dev cmake ninja-build pkg-config|pkgconf
	libnl-3-dev libnl-route-3-dev libfyaml-dev libnftables-dev libjansson-dev
	libcurl4-gnutls-dev|libcurl4-openssl-dev libldns-dev libmicrohttpd-dev
	libseccomp-dev libbpf-dev
	nftables iptables ferm iproute2 apt-utils dpkg-dev gnupg
	bridge-utils net-tools iputils-ping procps lighttpd
	lxc firejail bubblewrap systemd-container
	netcat-openbsd perl-base nginx-light exim4-daemon-light cgroup-tools ulogd2 uidmap"
PACKAGES_TEST="
	libcmocka-dev libelf-dev libxml2-utils valgrind clang libclang-rt-dev clang-tidy clang-format cppcheck shellcheck jq"

say() {
	printf 'fwlab: %s\n' "$*" >&2
}

# Those of "$@" that are not there.
missing_packages() {
	# shellcheck disable=SC2046,SC2016 # names without blanks; the format is dpkg-query's
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $(echo "$*" | tr '|' ' ') \
		2>/dev/null | sed -n 's/^installed //p')
	for choice; do
		printf '%s\n' "$installed" | grep -qxE -e "$(pattern "$choice")" ||
			printf '%s ' "${choice%%|*}"
	done
}

# a|b as an extended regular expression.
pattern() {
	printf '(%s)' "$1" | sed 's/[.+]/\\&/g'
}

# All that the machine would start at boot or at login.
started_by_itself() {
	find /etc/systemd/system /etc/systemd/user /etc/rc[S0-6].d -type l \
		\( -path '*.wants/*' -o -name 'S[0-9][0-9]*' \) 2>/dev/null | sort
}

# Of these links to what is started by itself, undo those that were not there before.
undo_links() { # BEFORE
	started_by_itself | while IFS= read -r link; do
		if printf '%s\n' "$1" | grep -qxF -e "$link"; then
			continue
		fi
		case $link in
		*.wants/*) rm -f -- "$link" ;;
		*) update-rc.d "$(basename "$link" | sed 's/^S[0-9][0-9]//')" disable ;;
		esac
	done
}

POLICY_RC_D=/usr/sbin/policy-rc.d

# Keep packages from starting daemons while this shell runs; a file that is
# left behind by a kill -9 forbids nothing, and the next installation takes it away.
forbid_starting() {
	if [ -e "$POLICY_RC_D" ] && ! grep -qs '^# by fwlab:' "$POLICY_RC_D"; then
		return 0 # the machine has one of its own, which decides
	fi
	cat >"$POLICY_RC_D" <<-END
		#!/bin/sh
		# by fwlab: nothing is started while it installs packages; if you see this afterwards, remove it
		kill -0 $$ 2>/dev/null && exit 101
		exit 0
	END
	chmod 755 "$POLICY_RC_D"
}

allow_starting() {
	if grep -qs '^# by fwlab:' "$POLICY_RC_D"; then
		rm -f "$POLICY_RC_D"
	fi
}

apt_get() {
	DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
		apt-get -y -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

# A subshell, for the traps' sake. (No `set -e`: callers test the status, which turns it off.)
install_packages() (
	log=$(mktemp) || exit 1
	before=$(started_by_itself)
	finish() {
		status=$?
		trap - EXIT
		undo_links "$before" >>"$log" 2>&1
		allow_starting
		if [ "$status" -ne 0 ]; then
			cat "$log" >&2
			say "the packages could not be installed"
		fi
		rm -f "$log"
		exit "$status"
	}
	trap finish EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM

	forbid_starting || exit 1
	case " $* " in
	*" ferm "*) echo 'ferm ferm/enable boolean false' | debconf-set-selections || exit 1 ;;
	esac
	# Where only some of the machine's sources are out of reach, the rest may do.
	apt_get update >"$log" 2>&1
	# A package of the user's is never taken away to make room.
	apt_get install --no-install-recommends --no-remove "$@" >>"$log" 2>&1
)

# Have all of "$@"; 3 where that cannot be.
need_packages() {
	# shellcheck disable=SC2046 # names without blanks
	set -- $(missing_packages "$@")
	[ $# -gt 0 ] || return 0
	if ! command -v apt-get >/dev/null; then
		say "needs what Debian has in these packages: $*"
		return 3
	fi
	if [ "$(id -u)" -ne 0 ]; then
		say "needs packages that are not installed. As root:"
		printf "    echo 'ferm ferm/enable boolean false' | debconf-set-selections\n" >&2
		printf '    apt-get update && apt-get install --no-install-recommends %s\n' "$*" >&2
		return 3
	fi
	say "installing $*"
	install_packages "$@" || return 3
}

# Configure and build a preset, quietly unless it fails: build_preset ROOT PRESET [CMAKE-ARGUMENT]...
build_preset() (
	folder=$1/build/$2
	source=$1
	preset=$2
	shift 2
	mkdir -p "$folder" 2>/dev/null
	if [ ! -w "$folder" ]; then
		say "cannot write to $folder, to build there: have a copy of the sources that is yours"
		return 1
	fi
	exec 9>"$folder/.lock" # one at a time in a build tree
	flock 9
	log=$folder/build.log
	if [ ! -e "$folder/build.ninja" ]; then
		say "building ($preset)"
		cmake -S "$source" --preset "$preset" "$@" >"$log" 2>&1 9>&- || {
			cat "$log" >&2
			rm -f "$folder/CMakeCache.txt"
			return 1
		}
	fi
	cd "$source" || return 1 # where the presets are
	cmake --build --preset "$preset" >"$log" 2>&1 9>&- || {
		cat "$log" >&2
		return 1
	}
)
