#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Not many, but more than may be: 100 where there may be 60.
i=0
while [ "$i" -lt 100 ]; do
	sleep 60 &
	i=$((i + 1))
done
exit 0
