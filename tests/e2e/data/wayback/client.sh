set -e
ip link set eth0 address 02:00:00:00:00:01
ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
ip neigh replace fd00::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
