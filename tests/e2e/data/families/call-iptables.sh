#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Bridged packets meet the rules of the inet family too.
echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
echo 1 >/proc/sys/net/bridge/bridge-nf-call-ip6tables
