/** The memory of pools as Netty's buffers. */
module dev.leasehold.memory.netty {
  requires transitive dev.leasehold.memory.core;
  requires transitive io.netty.buffer;
  requires transitive io.netty.common;

  exports dev.leasehold.memory.netty;
}
