#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is /mnt here is the test's; the scenario's own folder is the user's.
rm -rf /mnt/precious
rm -f "$PWD/scenario.yaml"
echo spoilt >/mnt/precious/file
echo spoilt >"$PWD/calm"
mv /mnt/precious /mnt/gone
chmod 0 /mnt/precious/file
exit 0
