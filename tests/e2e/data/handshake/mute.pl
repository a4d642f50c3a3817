# SPDX-License-Identifier: GPL-2.0-or-later
# A daemon that listens on port 90 over both families, and never says anything. Returns when it listens.
use strict;
use warnings;
use Socket qw(:DEFAULT :addrinfo IPV6_V6ONLY IPPROTO_IPV6 SOMAXCONN);

socket(my $listener, AF_INET6, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($listener, IPPROTO_IPV6, IPV6_V6ONLY, 0) or die "setsockopt: $!";
bind($listener, pack_sockaddr_in6(90, Socket::IN6ADDR_ANY)) or die "bind: $!";
listen($listener, SOMAXCONN) or die "listen: $!";
exit 0 if fork;
open STDIN, '<', '/dev/null';
open STDOUT, '>', '/dev/null';
open STDERR, '>', '/dev/null';
my @clients;
while (accept(my $client, $listener)) {
	push @clients, $client;
}
