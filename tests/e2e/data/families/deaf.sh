#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Whoever asks for an address gets no answer.
echo 8 >/proc/sys/net/ipv4/conf/all/arp_ignore
