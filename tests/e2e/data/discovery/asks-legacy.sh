#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
set -e
ip6tables-legacy -A OUTPUT -p icmpv6 --icmpv6-type neighbour-solicitation -m comment --comment who-is-there -j REJECT
