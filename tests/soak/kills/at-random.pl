# SPDX-License-Identifier: GPL-2.0-or-later
#
# Kill processes of runs at random moments: at-random.pl KILLS LABS SEED FWLAB RUN-ARGUMENT...
#
# Rounds of LABS runs at once, in each of which as many processes are killed, any of them. What is
# wrong is said on standard output; the last line counts what was killed, and how the runs ended.
# Exit status: 0, or 1 where a run ended as none may, or left a process.
use strict;
use warnings;
use Time::HiRes qw(time sleep);

my ($kills, $labs, $seed, @command) = @ARGV;
my ($killed, $bad, %roles, %ends) = (0, 0);
my $before = processes();
srand $seed;

sub slurp {
	my ($path) = @_;
	open my $from, '<', $path or return '';
	local $/;
	my $text = <$from>;
	return defined $text ? $text : '';
}

# All that runs in this pid namespace: its number to name and parent; no zombies.
sub processes {
	my %all;
	for my $path (glob '/proc/[0-9]*') {
		my ($pid) = $path =~ /(\d+)$/;
		my ($name, $state, $parent) = slurp("$path/stat") =~ /\((.*)\) (\S) (\d+)/s or next;
		$all{$pid} = { name => $name, parent => $parent } unless $state eq 'Z';
	}
	return \%all;
}

# What a process is, by its way from the command.
sub role {
	my ($all, $pid, $runs) = @_;
	return 'command' if $runs->{$pid};
	my $parent = $all->{$pid}{parent};
	return 'init' if $runs->{$parent};
	return 'engine' if $all->{$parent} && $runs->{ $all->{$parent}{parent} };
	my $name = $all->{$pid}{name};
	return $name =~ /^fwlab/ ? $name eq 'fwlab' ? 'child' : $name : 'program';
}

sub start {
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	return $pid if $pid;
	open STDIN, '<', '/dev/null' or die;
	open STDOUT, '>', '/dev/null' or die;
	open STDERR, '>>', 'kills.err' or die;
	exec @command or die "$command[0]: $!";
}

sub kill_one {
	my ($runs) = @_;
	my $all = processes();
	my @victims = grep { !$before->{$_} && $_ != $$ } sort { $a <=> $b } keys %$all;
	return unless @victims;
	my $pid = $victims[ rand @victims ];
	my $role = role($all, $pid, $runs);
	return unless kill KILL => $pid;
	$killed++;
	$roles{$role}++;
}

# All of them come to their end, and in a way that is foreseen.
sub await_runs {
	my ($runs) = @_;
	local $SIG{ALRM} = sub { print "a run hangs\n"; kill KILL => keys %$runs; $bad++; };
	alarm 60;
	for my $pid (sort keys %$runs) {
		1 until waitpid($pid, 0) == $pid;
		my $end = $? & 127 ? 'signal ' . ($? & 127) : 'status ' . ($? >> 8);
		$ends{$end}++;
		next if $end =~ /^(signal 9|status [0123])$/;
		print "a run ended with $end\n";
		$bad++;
	}
	alarm 0;
}

# The kernel needs a moment to end what a dead init leaves.
sub is_quiet {
	for (1 .. 1000) {
		my $all = processes();
		my @left = grep { !$before->{$_} && $_ != $$ } keys %$all;
		return 1 unless @left;
		sleep 0.01;
		next if $_ < 1000;
		print "left: $_ ($all->{$_}{name})\n" for @left;
	}
	return 0;
}

while ($killed < $kills) {
	my %runs = map { start() => 1 } 1 .. $labs;
	for (1 .. $labs) {
		sleep rand 0.3;
		kill_one(\%runs) if $killed < $kills;
	}
	await_runs(\%runs);
	unless (is_quiet()) {
		$bad++;
		last;
	}
}
print "$killed killed (", join(', ', map { "$_ $roles{$_}" } sort keys %roles), '); runs ended with ',
	join(', ', map { "$_: $ends{$_}" } sort keys %ends), "\n";
exit($bad ? 1 : 0);
