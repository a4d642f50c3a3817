# SPDX-License-Identifier: GPL-2.0-or-later
# Proxies over both families, which may be handed what is for others: one that answers on port 3128, one
# that never says a word on port 3129. Returns when they listen.
use strict;
use warnings;
use Socket qw(:DEFAULT IPV6_V6ONLY IPPROTO_IPV6 SOMAXCONN);

# <linux/in.h> and <linux/in6.h>
use constant { IPPROTO_IP => 0, IP_TRANSPARENT => 19, IPV6_TRANSPARENT => 75 };

sub in_background {
	my ($port, $serve) = @_;
	socket(my $listener, AF_INET6, SOCK_STREAM, 0) or die "socket: $!";
	setsockopt($listener, IPPROTO_IPV6, IPV6_V6ONLY, 0) or die "setsockopt: $!";
	setsockopt($listener, IPPROTO_IPV6, IPV6_TRANSPARENT, 1) or die "setsockopt: $!";
	setsockopt($listener, IPPROTO_IP, IP_TRANSPARENT, 1) or die "setsockopt: $!";
	bind($listener, pack_sockaddr_in6($port, Socket::IN6ADDR_ANY)) or die "bind: $!";
	listen($listener, SOMAXCONN) or die "listen: $!";
	return if fork;
	open STDIN, '<', '/dev/null';
	open STDOUT, '>', '/dev/null';
	open STDERR, '>', '/dev/null';
	my @clients;
	while (accept(my $client, $listener)) { push @clients, $serve->($client) }
	exit 0;
}

in_background(3128, sub { sysread $_[0], my $words, 1000; syswrite $_[0], "HTTP/1.0 200 OK\r\n\r\n"; return () });
in_background(3129, sub { return $_[0] });
