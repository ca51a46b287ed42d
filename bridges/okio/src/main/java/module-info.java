/** Segments and leases as Okio's sources and sinks. */
module dev.leasehold.memory.okio {
  requires transitive dev.leasehold.memory.core;
  requires transitive okio;

  exports dev.leasehold.memory.okio;
}
