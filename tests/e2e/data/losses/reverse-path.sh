#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
set -e
echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter
