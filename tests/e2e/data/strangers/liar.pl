# Tells whoever has a netlink socket in the host, for ever, what only the kernel may: an error, of absurd
# length, and a rule without all that makes one.
use strict;
use warnings;
my @lies = map { pack('L S S L L l L S S L L', 52, 2, 0x200, 0, 0, -1, $_, 0, 0, 0, 0) . "\0" x 16 }
	(0x80000010, 0xfffffff0, 0x7fff0000, 16);
push @lies, map { pack('L S S L L C C n', 20, 10 << 8 | $_, 2, 0, 0, 0, 0, 0) } (0, 3, 6);
for (;;) {
	open(my $sockets, '<', '/proc/net/netlink') or die;
	for (<$sockets>) {
		my (undef, $protocol, $port) = split;
		next unless $protocol =~ /^(0|12)$/ && $port;
		socket(my $socket, 16, 3, $protocol) or next;
		send($socket, $_, 0x40, pack('S S L L', 16, 0, $port, 0)) for @lies;
	}
	# To whoever listens to traces, log and connection tracking, too.
	socket(my $socket, 16, 3, 12) or die;
	send($socket, $_, 0x40, pack('S S L L', 16, 0, 0, 0x1ff)) for @lies;
	open(my $ready, '>', '/tmp/liar') or die;
	select(undef, undef, undef, 0.002);
}
