# SPDX-License-Identifier: GPL-2.0-or-later
# Run a command at the first request, and answer all of them then, over both families. Returns when it
# listens; a process in the background goes on.
use strict;
use warnings;
use Socket qw(:DEFAULT :addrinfo IPV6_V6ONLY IPPROTO_IPV6 SOMAXCONN);

my $command = join ' ', @ARGV;
socket(my $listener, AF_INET6, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($listener, IPPROTO_IPV6, IPV6_V6ONLY, 0) or die "setsockopt: $!";
bind($listener, pack_sockaddr_in6(90, Socket::IN6ADDR_ANY)) or die "bind: $!";
listen($listener, SOMAXCONN) or die "listen: $!";
exit 0 if fork;
open STDIN, '<', '/dev/null';
open STDOUT, '>', '/dev/null';
open STDERR, '>', '/dev/null';
while (accept(my $client, $listener)) {
	system $command if $command;
	$command = '';
	sysread $client, my $request, 4096;
	syswrite $client, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n";
	close $client;
}
