#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
set -e
set -- iptables-nft ip6tables-nft
# shellcheck source=tests/e2e/data/segments/rules.sh
. ./rules.sh
