/** Segments and leases as sources and sinks of kotlinx-io. */
module dev.leasehold.memory.io {
  requires transitive dev.leasehold.memory.core;
  requires transitive kotlinx.io.core;

  exports dev.leasehold.memory.io;
}
