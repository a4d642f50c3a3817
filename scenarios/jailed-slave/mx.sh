#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
set -e
mkdir -p /etc/exim4
cp mx.exim4.conf /etc/exim4/exim4.conf
chown -R Debian-exim:Debian-exim /var/spool/exim4 /var/log/exim4
