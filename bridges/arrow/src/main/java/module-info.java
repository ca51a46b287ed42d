/** The memory of managers under Apache Arrow's buffers. */
module dev.leasehold.memory.arrow {
  requires transitive dev.leasehold.memory.core;
  requires transitive org.apache.arrow.memory.core;

  exports dev.leasehold.memory.arrow;
  // Where Arrow looks for the memory of allocators that are made without naming any.
  exports org.apache.arrow.memory.unsafe to
      org.apache.arrow.memory.core;
}
