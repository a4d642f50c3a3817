echo "this much was done"
echo "and this was not" >&2
exit 7
