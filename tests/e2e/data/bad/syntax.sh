set -e
if true; then
	nft add table inet filter
