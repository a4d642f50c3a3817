set -e
ip rule add iif eth1 blackhole
ip -6 rule add iif eth1 blackhole
