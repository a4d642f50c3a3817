# SPDX-License-Identifier: GPL-2.0-or-later
# Daemons over both families that end each connection in their own way: on port 13 one that says a
# line and closes, on port 21 one that says a line and then resets, on port 25 one that greets and
# hears, on port 87 an echo, on port 91 one that resets at once, on port 92 one that closes at once.
# Returns when they listen.
use strict;
use warnings;
use Socket qw(:DEFAULT IPV6_V6ONLY IPPROTO_IPV6 SOMAXCONN SO_LINGER);

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
	$SIG{PIPE} = 'IGNORE';
	while (accept(my $client, $listener)) { $serve->($client); close $client }
	exit 0;
}

sub say_to { my ($client, $words) = @_; syswrite $client, $words }
sub hear { my ($client) = @_; sysread $client, my $words, 100; return $words }
sub will_reset { my ($client) = @_; setsockopt($client, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)) }

in_background(13, sub { say_to($_[0], "Mon Nov 23\r\n") });
in_background(21, sub { say_to($_[0], "421 too many\r\n"); will_reset($_[0]) });
in_background(25, sub { say_to($_[0], "220 hi\r\n"); hear($_[0]) });
in_background(87, sub { say_to($_[0], hear($_[0])) });
in_background(91, sub { will_reset($_[0]) });
in_background(92, sub { });
