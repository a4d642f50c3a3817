ip link set eth0 address 02:00:00:00:00:02
