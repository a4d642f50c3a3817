# Files beside the script are found from where it is started.
set -e
iptables-restore <rules.v4
ip6tables-restore <rules.v6
