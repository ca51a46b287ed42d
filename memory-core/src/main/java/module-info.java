/** Off-heap memory, held on a lease: segments, leases, pools, and the facade for Java. */
module dev.leasehold.memory.core {
  requires transitive kotlin.stdlib;

  exports dev.leasehold.memory;

  // What is marked @InternalMemoryApi there: how a scope comes to own a lease.
  exports dev.leasehold.memory.internal to dev.leasehold.memory.dsl, dev.leasehold.memory.coroutines;
}
