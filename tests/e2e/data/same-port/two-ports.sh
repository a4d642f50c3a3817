#!/bin/sh
echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range
