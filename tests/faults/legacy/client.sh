set -e
iptables -A OUTPUT -m owner --uid-owner robot -j REJECT
