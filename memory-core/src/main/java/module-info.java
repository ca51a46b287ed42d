/** Off-heap memory, held on a lease: segments, leases, pools, and the facade for Java. */
module dev.leasehold.memory.core {
  requires transitive kotlin.stdlib;

  exports dev.leasehold.memory;
}
