# SPDX-License-Identifier: 0BSD
# Writes a trace: blocks of equal size, for so many heaps in turn.
#   awk -v heaps=N -v blocks=N -v bytes=BYTES -f heaps.awk
BEGIN {
    print "# lookaside trace 1"
    for (heap = 1; heap < heaps; heap++)
        print "heap-create", heap
    for (block = 0; block < blocks; block++) {
        print "heap-use", block % heaps
        print "alloc", block, bytes
    }
}
