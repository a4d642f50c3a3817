#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The slave: a small HTTP server behind nginx, for pages that are made when they are
# asked for. slave.pl PORT PATH listens on 127.0.0.1 and on a UNIX socket; on what it
# may not have of the two it does without, as long as one is left.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;

my ($port, $path) = @ARGV;
my %name;
my $listening = IO::Select->new;

sub listen_on {
	my ($text, $socket) = @_;
	return warn "slave: not on $text: $!\n" unless $socket;
	$name{$socket} = $text;
	$listening->add($socket);
}

# The UNIX socket last: once it is there, all is.
listen_on("TCP", IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port,
		Listen => 16, ReuseAddr => 1));
my $mask = umask 0;
listen_on("a UNIX socket", IO::Socket::UNIX->new(Local => $path, Listen => 16));
umask $mask;
die "slave: nothing is left to listen on\n" unless $listening->count;

while (1) {
	for my $socket ($listening->can_read) {
		my $client = $socket->accept or next;
		# To the end of the request's header: there is nothing else in it that counts.
		while (defined(my $line = <$client>)) {
			last if $line =~ /^\r?\n$/;
		}
		my $page = "uid $> made this page, asked over $name{$socket}\n";
		print $client "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ",
			length $page, "\r\nConnection: close\r\n\r\n", $page;
		close $client;
	}
}
