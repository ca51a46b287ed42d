/** Off-heap memory, held on a lease: segments, leases, pools, budgets, and the facade for Java. */
module dev.leasehold.memory.core {
  requires transitive kotlin.stdlib;

  // How much memory the container has: what MemoryBudget.root() goes by.
  requires jdk.management;

  // The beans of pools, managers and budgets.
  requires transitive java.management;

  exports dev.leasehold.memory;
  exports dev.leasehold.memory.diagnostics;
  exports dev.leasehold.memory.mapped;
  exports dev.leasehold.memory.permanent;
  exports dev.leasehold.memory.typed;

  // What is marked @InternalMemoryApi there: how a scope comes to own a lease.
  exports dev.leasehold.memory.internal.spi to dev.leasehold.memory.dsl, dev.leasehold.memory.coroutines;
}
