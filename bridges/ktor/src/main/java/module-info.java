/** Request bodies in leases, and leases as answers. */
module dev.leasehold.memory.ktor {
  requires transitive dev.leasehold.memory.coroutines;
  requires dev.leasehold.memory.io;
  requires transitive io.ktor.http;
  requires transitive io.ktor.io;
  requires transitive io.ktor.server.core;

  exports dev.leasehold.memory.ktor;
}
