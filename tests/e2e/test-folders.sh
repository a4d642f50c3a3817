#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The user's own files right in the folders that hosts have copies of: the copies stay copies, and what is hidden
# in them stays hidden.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# An /etc, a /var and a /srv of this test's own; what is mounted in /srv no copy reaches.
mkdir etc var
cp -a /etc/. etc
mkdir -p var/backups var/lib/dpkg var/mail var/tmp
touch var/lib/dpkg/status
mount --bind etc /etc
mount --bind var /var
mount -t tmpfs none /srv
mkdir /srv/plain /srv/mounted
mount -t tmpfs none /srv/mounted
for secret in /etc/shadow- /var/backups/passwd /var/mail/me; do
	echo SECRET >"$secret"
	chmod 644 "$secret"
done

write_files() { # FOLDER FOLDER-OF-POLICIES
	cat >"$1/scenario.yaml" <<-YAML
		name: folders
		hosts:
		  a: { start: $2/start.sh, files: { /srv/own: OWN } }
		policies: { a: { nft: $2/policy.nft } }
		probes:
		  - name: its copies can be written to
		    from: a
		    expect: exit 0
		    run: touch /etc/new /var/new && mktemp && cat /srv/own
		  - { name: what is there can be read, from: a, expect: exit 0, run: cat $1/scenario.yaml $2/included.nft }
		  - name: what is hidden stays hidden
		    from: a
		    expect: exit 1
		    run: cat /etc/shadow- /var/backups/* /var/mail/* || exit 1
	YAML
	printf '#!/bin/sh\nset -e\ntouch /etc/started\n' >"$2/start.sh"
	echo 'table inet t { chain c { type filter hook output priority 0; policy accept; }; }' >"$2/included.nft"
	echo 'include "./included.nft"' >"$2/policy.nft"
}
passes() { # WHAT
	ends_with 0 "$1"
	report_has '.totals == {passed: 3, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "$1"
	report_has '[.scenarios[].variants[].probes[].output // ""] | all(contains("SECRET") | not)' "$1"
}
each_folder() { # WHO FOLDER...
	who=$1
	shift
	for folder; do
		write_files "$folder" "$folder"
		(cd "$folder" && exec "$fwlab" run --report json "$folder/scenario.yaml") >out 2>err && status=0 || status=$?
		passes "$who, a scenario and its files right in $folder"
		write_files "$work/own" "$folder"
		rm "$folder/scenario.yaml"
		run_json own
		passes "$who, a policy and a start script right in $folder"
		rm "$folder"/start.sh "$folder"/*.nft
	done
}

mkdir own
each_folder root /etc /var /tmp /var/lib /srv /srv/plain /srv/mounted

write_files "$work/own" "$work/own"
run_json --policy a=nft:/etc/nft.conf own
ends_with 2 "a policy that is not there"
cp own/included.nft /etc/nft.conf
run_json --policy a=nft:/etc/nft.conf own
passes "a policy right in /etc by --policy"

# All of /run can be in no host's sight, as it is a host's own.
write_files /run /run
fwlab check /run/scenario.yaml
ends_with 2 "files right in /run"
says "start script '/run/start.sh': a host has a /run of its own: put it in a folder of its own there" "files right in /run"
says "error: the scenario's folder, in which its programs start: a host has a /run" "files right in /run"
mkdir /run/own
write_files /run/own /run/own
run_json /run/own
passes "files in a folder of /run"

# An ordinary user, who has mounts of root's below /tmp
umount /srv/mounted
make_user 65536
fwlab=$users_fwlab
each_folder "a user" /etc /var /var/lib /srv/plain
write_files "$work/own" /tmp
sed -i 's/ && mktemp//' own/scenario.yaml
run_json own
passes "a user, a policy in a /tmp with mounts of root's"

umount /srv /var /etc
finish
