/** Leases for code that suspends. */
module dev.leasehold.memory.coroutines {
  requires transitive dev.leasehold.memory.dsl;
  requires transitive kotlinx.coroutines.core;

  exports dev.leasehold.memory.coroutines;
}
