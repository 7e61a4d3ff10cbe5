#!/bin/sh
# What udhcpc runs: says the lease instead of putting it in place.
[ "$1" = bound ] && echo "$ip $router $mtu"
exit 0
