# SPDX-License-Identifier: GPL-2.0-or-later
# Daemons over both families: one on port 90 that never says anything, and one on port 91 that resets
# every connection as soon as it has heard something. Returns when they listen.
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
	my ($serve) = @_;
	return if fork;
	open STDIN, '<', '/dev/null';
	open STDOUT, '>', '/dev/null';
	open STDERR, '>', '/dev/null';
	$serve->();
	exit 0;
}

my ($mute, $rude) = (listen_on(90), listen_on(91));
my @clients;
in_background(sub { while (accept(my $client, $mute)) { push @clients, $client } });
in_background(sub {
	while (accept(my $client, $rude)) {
		sysread $client, my $word, 100;
		setsockopt($client, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
		close $client;
	}
});
