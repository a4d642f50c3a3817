# SPDX-License-Identifier: GPL-2.0-or-later
# A page of 50000 bytes on port 81, over both families. Returns when it can be had.
use strict;
use warnings;
use Socket qw(:DEFAULT IPV6_V6ONLY IPPROTO_IPV6 SOMAXCONN);

socket(my $listener, AF_INET6, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($listener, IPPROTO_IPV6, IPV6_V6ONLY, 0) or die "setsockopt: $!";
bind($listener, pack_sockaddr_in6(81, Socket::IN6ADDR_ANY)) or die "bind: $!";
listen($listener, SOMAXCONN) or die "listen: $!";
exit 0 if fork;
open STDIN, '<', '/dev/null';
open STDOUT, '>', '/dev/null';
open STDERR, '>', '/dev/null';
my @clients;
while (accept(my $client, $listener)) {
	sysread $client, my $request, 1000;
	syswrite $client, "HTTP/1.0 200 OK\r\nContent-Length: 50000\r\n\r\n" . 'y' x 50000;
	shutdown $client, 1;
	push @clients, $client;
}
