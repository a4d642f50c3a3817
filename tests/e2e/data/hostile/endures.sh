#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
trap '' TERM INT HUP QUIT
while :; do
	sleep 1
done
