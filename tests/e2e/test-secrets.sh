#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What of the machine's files a lab's programs do not see, wherever the user's own files are.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# Homes, and an /etc, of this test's own: with keys that are out of the ordinary
mkdir source build etc
mount --bind "$root" source
mount --bind "$(dirname "$fwlab")" build
mount -t tmpfs none /home
mount -t tmpfs none /root
mkdir -p "$root" "$(dirname "$fwlab")"
mountpoint -q "$root" || mount --bind source "$root"
mountpoint -q "$(dirname "$fwlab")" || mount --bind build "$(dirname "$fwlab")"
umount source build
mount -t tmpfs none etc
cp -a /etc/. etc
mkdir -p etc/ssh etc/ssl/private etc/wireguard /home/me/.ssh /home/me/fw/common /home/me/other \
	/home/you /root/.ssh
for secret in etc/ssh/ssh_host_rsa_key etc/ssl/private/key etc/wireguard/wg0.conf etc/krb5.keytab \
	etc/shadow- /home/me/.ssh/id /home/me/.netrc /home/me/other/secret /home/you/secret \
	/root/.ssh/id /root/secret; do
	echo SECRET >"$secret"
done
echo 'me:SECRET:1::::::' >>etc/shadow
echo SECRET >etc/ssh/ssh_host_rsa_key.pub # which is none
mount --bind etc /etc && umount etc

# Where a secret is found; that there is any is what makes the probe fail, so that its output is told.
cat >look <<'SH'
#!/bin/sh
grep -rsl SECRE[T] /home /root /etc/ssh /etc/ssl/private /etc/wireguard /etc/krb5.keytab /etc/shadow* /etc/gshadow*
exit 1
SH
write_scenario() { # FOLDER [FILE-OF-POLICY]
	cp look "$1/look.sh"
	cat >"$1/scenario.yaml" <<YAML
name: secrets
hosts:
  a:
    users: { me: 1000 }
    files:
      /etc/ssl/private/own: OWN
      /etc/ssh/ssh_host_own_key: OWN
      /home/me/own: { file: own }
policies: { a: { nft: ${2:-policy.nft} } }
probes:
  - { name: look, from: a, expect: exit 1, run: sh ./look.sh }
  - name: own
    from: a
    expect: exit 0
    run: grep -l OWN /etc/ssl/private/own /etc/ssh/ssh_host_own_key /home/me/own
  - name: shadow
    from: a
    expect: exit 0
    run: "grep '^me:[*]:' /etc/shadow && stat -c %a:%G /etc/shadow | grep -x 640:shadow && grep '^shadow:[*]:' /etc/gshadow"
  - { name: home, from: a, as: me, expect: exit 0, run: cd /home/me && ls }
YAML
	echo OWN >"$1/own"
	write_policy "$1/policy.nft" "${3:-}"
}
write_policy() { # FILE [INCLUDED]
	{
		[ -z "${2:-}" ] || echo "include \"$2\""
		echo 'table inet t { chain c { type filter hook output priority 0; policy accept; }; }'
	} >"$1"
}
passes() { # WHAT
	ends_with 0 "$1"
	report_has '.totals == {passed: 4, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "$1"
}
finds() { # WHAT FILE...
	what_is=$1
	shift
	jq -r '.scenarios[].variants[].probes[] | select(.name == "look").output // ""' out |
		grep . | sort >seen
	: >wanted
	[ $# -eq 0 ] || printf '%s\n' "$@" | sort >wanted
	same "$what_is: finds what was put there, and no secret" wanted seen
}
public=/etc/ssh/ssh_host_rsa_key.pub

mkdir scenario
write_scenario scenario
run_json scenario
passes "outside of all homes"
finds "outside of all homes" $public

# In a home: the folder of the scenario, a policy beside it, and what that includes
mkdir /home/me/fw/lab /home/me/policies
echo SECRET >/home/me/fw/lab/shown
echo 'define x = 1' | tee /home/me/fw/lab/here.nft /home/me/policies/here.nft >/home/me/fw/common/there.nft
write_scenario /home/me/fw/lab policy.nft ./here.nft
run_json /home/me/fw/lab
passes "in a home"
finds "in a home" $public /home/me/fw/lab/shown
write_policy /home/me/policies/policy.nft here.nft
write_scenario /home/me/fw/lab ../../policies/policy.nft here.nft
run_json /home/me/fw/lab
passes "a policy elsewhere in a home"
write_policy /root/policy.nft
run_json --policy a=nft:/root/policy.nft scenario
passes "a policy right in root's home"
finds "a policy right in root's home" $public /root/secret
write_policy /home/policy.nft
run_json --policy a=nft:/home/policy.nft scenario
passes "a policy beside all homes"
finds "a policy beside all homes" $public

# What is above the policy is in sight from a current folder that it lies in, which is no home.
write_policy /home/me/policies/policy.nft ../fw/common/there.nft
run_json --policy a=nft:/home/me/policies/policy.nft scenario
ends_with 2 "an include from elsewhere in a home"
write_policy /home/me/fw/lab/policy.nft ../common/there.nft
cd /home/me/fw || exit 1
fwlab run --report json lab
cd "$work" || exit 1
passes "an include from the current folder"
cd /home/me || exit 1
fwlab run --report json --policy a=nft:fw/lab/policy.nft "$work/scenario"
cd "$work" || exit 1
ends_with 2 "a home as the current folder"

# A home as the folder of a scenario, with all but what begins with a dot
write_scenario /home/me
run_json /home/me/scenario.yaml
passes "a home as the folder of a scenario"
finds "a home as the folder of a scenario" $public /home/me/fw/lab/shown /home/me/other/secret

# A policy is a text of strangers' too: what it includes is read with no more power than a program's, and
# is in no environment. Where it cannot be read, or says nothing, no line of it is shown.
for file in /proc/self/environ /proc/1/environ /proc/1/root/etc/krb5.keytab /proc/1/root/root/secret \
	/root/secret /etc/krb5.keytab /proc/kmsg; do
	echo "include \"$file\"" >scenario/policy.nft
	status=0
	env -i SECRET=TOKEN "$fwlab" run scenario >out 2>err || status=$?
	ends_with 2 "an include of $file"
	check "an include of $file tells no secret" sh -c '! grep -qE "SECRE[T]|TOKE[N]" out err'
done
echo 'include "/proc/kallsyms"' >scenario/policy.nft
fwlab run scenario
check "an include of kernel symbols shows no address" sh -c '! grep -E "[1-9a-f][0-9a-f]{12} [a-zA-Z] " out err'

umount /etc
finish
