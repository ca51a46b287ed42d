/** Off-heap memory, held on a lease: segments, leases, pools, budgets, and the facade for Java. */
module dev.leasehold.memory.core {
  requires transitive kotlin.stdlib;

  // How much memory the container has: what MemoryBudget.root() goes by.
  requires jdk.management;

  // The beans of pools, managers and budgets.
  requires transitive java.management;

  // What happens, for recordings; a JVM without it records nothing.
  requires static jdk.jfr;

  uses dev.leasehold.memory.internal.platform.MemoryEvents;

  provides dev.leasehold.memory.internal.platform.MemoryEvents with
      dev.leasehold.memory.internal.jfr.JfrEvents;

  // Who serves a report; nobody else needs it.
  requires static jdk.httpserver;

  exports dev.leasehold.memory;
  exports dev.leasehold.memory.diagnostics;
  exports dev.leasehold.memory.mapped;
  exports dev.leasehold.memory.permanent;
  exports dev.leasehold.memory.typed;

  // What is marked @InternalMemoryApi there: how a scope comes to own a lease, and a test to refuse one.
  exports dev.leasehold.memory.internal.spi to dev.leasehold.memory.dsl, dev.leasehold.memory.coroutines,
      dev.leasehold.memory.device, dev.leasehold.memory.netty, dev.leasehold.memory.testing;
}
