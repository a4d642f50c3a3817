#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The web server's host, made ready: its mail server's configuration where the
# setuid sendmail looks for it, a place for the slave's socket, and a cell for
# one of the variants.
set -e

mkdir -p /etc/exim4
cp web.exim4.conf /etc/exim4/exim4.conf
chown -R Debian-exim:Debian-exim /var/spool/exim4 /var/log/exim4
install -d -o slave -g slave /run/slave

# What the slave needs to live, and a shell: no sendmail, and nothing that is setuid.
cell=/run/cell
perl_base=$(perl -e 'print grep { /perl-base$/ } @INC')
mkdir -p "$cell/run/slave" "$cell/dev" "$cell$perl_base"
cp -a "$perl_base/." "$cell$perl_base"
for program in /usr/bin/perl /bin/sh; do
	# shellcheck disable=SC2046 # libraries have no blanks in their paths
	cp -L --parents "$program" $(ldd "$program" | grep -o '/[^ ]*') "$cell"
done
cp slave.pl "$cell"
mount --bind /run/slave "$cell/run/slave"
: >"$cell/dev/null"
mount --bind /dev/null "$cell/dev/null"
