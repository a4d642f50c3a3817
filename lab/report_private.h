/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reporters, for report.c's table: a file each.
 */
#ifndef LAB_REPORT_PRIVATE_H
#define LAB_REPORT_PRIVATE_H

#include "lab/report.h"

extern const struct reporter report_text;
extern const struct reporter report_json;
extern const struct reporter report_junit;

#endif
