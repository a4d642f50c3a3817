#!/bin/sh
# The gateway's firewall: nothing but web pages in, nothing new out.
set -e

# from a clean slate
iptables --flush
iptables --table nat --flush
iptables --delete-chain
iptables --zero
iptables --policy INPUT ACCEPT
iptables --policy OUTPUT ACCEPT
iptables --policy FORWARD ACCEPT

# from outside: to the web server, and to nothing else
iptables -A FORWARD -i eth0 -d 10.10.20.10 -p tcp --dport 80 -j ACCEPT
iptables -A FORWARD -i eth0 -j DROP

# from the jail: answers, but nothing that begins there
iptables -A FORWARD -i br0 -m state --state NEW,INVALID -j DROP

# the gateway's web pages are the jail's
iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to 10.10.20.10:80
