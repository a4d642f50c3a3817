#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
yes "a flood of words" >&2
