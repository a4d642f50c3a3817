# SPDX-License-Identifier: GPL-2.0-or-later
# A daemon of datagrams: daemon.pl WHAT PORT, over both families.
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton IPV6_V6ONLY IPPROTO_IPV6);

my ($what, $port) = @ARGV;
$0 = $what;
socket(my $socket, AF_INET6, SOCK_DGRAM, 0) or die "socket: $!";
setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, 0) or die "setsockopt: $!";

# Drops all that comes in, as a filter of the socket's own: BPF_RET | BPF_K, 0 (SO_ATTACH_FILTER).
if ($what eq 'filtered') {
	my $filter = pack('S C C L', 0x06, 0, 0, 0);
	setsockopt($socket, SOL_SOCKET, 26, pack('S x![P] P', 1, $filter)) or die "filter: $!";
}
setsockopt($socket, SOL_SOCKET, SO_RCVBUF, 1) or die "setsockopt: $!" if $what eq 'full';
bind($socket, pack_sockaddr_in6($port, Socket::IN6ADDR_ANY)) or die "bind: $!";

# Nothing more has room in it.
if ($what eq 'full') {
	my $self = pack_sockaddr_in6($port, inet_pton(AF_INET6, '::1'));
	send($socket, 'x' x 1000, 0, $self) for 1 .. 100;
	open my $ready, '>', '/run/full' or die "/run/full: $!";
}

# What others do at the same host all the time: who is answered, and who is not.
sub pester {
	my ($address, $port) = @_;
	socket(my $asking, AF_INET, SOCK_DGRAM, 0) or die "socket: $!";
	while (1) {
		send($asking, "word\n", 0, pack_sockaddr_in($port, inet_aton($address))) or die "send: $!";
		my $ready = '';
		vec($ready, fileno($asking), 1) = 1;
		select($ready, undef, undef, 0.02) and recv($asking, my $answer, 100, 0);
		select(undef, undef, undef, 0.02);
	}
}
pester('10.7.0.9', 53) if $what eq 'asking';
pester('127.0.0.1', 999) if $what eq 'failing';
sleep 1000 while $what eq 'full' || $what eq 'unread';

while (1) {
	my $from = recv($socket, my $word, 1000, 0) or next;
	# Who is asked again by the same is asked by nobody else.
	connect($socket, $from) if $what eq 'connected';
	next unless $what eq 'late';
	select(undef, undef, undef, 0.05);
	send($socket, "late\n", 0, $from);
}
