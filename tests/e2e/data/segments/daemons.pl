# SPDX-License-Identifier: GPL-2.0-or-later
# Daemons over both families that never say a word: on port 90 one that listens, on port 91 one that
# resets every connection as soon as it has it, and on ports 92 to 94 ones that close it, the last
# once it has heard something. Returns when they listen.
use strict;
use warnings;
use Socket qw(:DEFAULT :addrinfo IPV6_V6ONLY IPPROTO_IPV6 SOMAXCONN SO_LINGER);

sub listen_on {
	my ($port) = @_;
	socket(my $listener, AF_INET6, SOCK_STREAM, 0) or die "socket: $!";
	setsockopt($listener, IPPROTO_IPV6, IPV6_V6ONLY, 0) or die "setsockopt: $!";
	bind($listener, pack_sockaddr_in6($port, Socket::IN6ADDR_ANY)) or die "bind: $!";
	listen($listener, SOMAXCONN) or die "listen: $!";
	return $listener;
}

sub in_background {
	my ($port, $serve) = @_;
	my $listener = listen_on($port);
	return if fork;
	open STDIN, '<', '/dev/null';
	open STDOUT, '>', '/dev/null';
	open STDERR, '>', '/dev/null';
	while (accept(my $client, $listener)) { $serve->($client) }
	exit 0;
}

my @clients;
sub hear { sysread $_[0], my $word, 100 }
in_background(90, sub { push @clients, $_[0] });
in_background(91, sub { setsockopt($_[0], SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)); close $_[0] });
in_background(92, sub { close $_[0] });
in_background(93, sub { close $_[0] });
in_background(94, sub { hear($_[0]); close $_[0] });
