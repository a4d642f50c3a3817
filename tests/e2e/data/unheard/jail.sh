#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Listens on ports 80 and 82 to 84 of 10.9.0.2, which is in a network namespace of its own.
set -e
mkfifo /run/made /run/plugged
# shellcheck disable=SC2016 # the variables are the other languages'
unshare -n sh -ec '
	echo >/run/made
	read -r _ </run/plugged
	ip link set lo up
	ip addr add 10.9.0.2/24 dev jail0
	ip link set jail0 up
	ip route add default via 10.9.0.1
	nft -f jail.nft
	exec perl -MIO::Socket::INET -MIO::Select -e '\''
		my @all = map { IO::Socket::INET->new(LocalPort => $_, Listen => 9, ReuseAddr => 1) or die "$_: $!" } 80, 82, 83, 84;
		open my $ready, ">", "/run/jail.ready";
		my $select = IO::Select->new(@all);
		while (my @some = $select->can_read) { scalar $_->accept->getline for @some }
	'\''' &
read -r _ </run/made
ip link add host0 type veth peer name jail0 netns "$!"
ip addr add 10.9.0.1/24 dev host0
ip link set host0 up
echo >/run/plugged
wait
