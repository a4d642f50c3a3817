# A connection that lasts: "echo" is its far end, "hold" opens it as it starts, "ask" has it say whether it is up.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;

my $path = '/run/tunnel';
my $what = shift;
if ($what eq 'echo') {
	my $listener = IO::Socket::INET->new(LocalPort => 7000, Listen => 1, ReuseAddr => 1) or die $!;
	while (my $caller = $listener->accept) {
		while (sysread $caller, my $byte, 1) {
			syswrite $caller, $byte;
		}
	}
} elsif ($what eq 'hold') {
	my $tunnel = IO::Socket::INET->new(PeerAddr => shift, PeerPort => 7000) or die $!;
	my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 1) or die $!;
	while (my $caller = $listener->accept) {
		syswrite $tunnel, 'x';
		vec(my $heard = '', fileno $tunnel, 1) = 1;
		my $is_up = select($heard, undef, undef, 1) && sysread($tunnel, my $byte, 1);
		print $caller $is_up ? "up\n" : "down\n";
	}
} else {
	print IO::Socket::UNIX->new(Peer => $path)->getline;
}
