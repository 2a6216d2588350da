# SPDX-License-Identifier: 0BSD
# Writes a trace: two stacks of whole segments beside each other, and from every page of the upper
# one a frame of 64 KiB whose far end is touched first.
#   awk -v pages=PAGES -v guard=PAGES -f guard.awk
BEGIN {
    print "# lookaside trace 1"
    for (page = 0; page < pages - guard; page++) {
        print "stack-create 0", pages, 1, guard
        print "stack-create 1", pages, 1, guard
        print "stack-touch 0", page
        print "stack-touch 0", page + 16
        print "stack-destroy 0"
        print "stack-destroy 1"
    }
}
