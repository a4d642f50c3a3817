/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What many measurements come to. */
#ifndef TESTS_SUPPORT_MEDIAN_H
#define TESTS_SUPPORT_MEDIAN_H

#include <stddef.h>
#include <stdlib.h>

static inline int by_value(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;
	return (difference > 0) - (difference < 0);
}

/* The value that so many percent are below; puts them in order.  0 without any. */
static inline double percentile(double *values, size_t count, unsigned percent)
{
	qsort(values, count, sizeof(*values), by_value);
	return count ? values[(count - 1) * percent / 100] : 0;
}

static inline double median(double *values, size_t count)
{
	return percentile(values, count, 50);
}

#endif
