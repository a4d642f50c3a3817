# For firewalls.
ipt() {
	iptables-nft -w "$@" || exit 1
}

allow() {
	ipt -A OUTPUT -p tcp --dport "$1" -j ACCEPT
	ipt -I OUTPUT -p udp --dport "$1" -j DROP
}
