/** Scopes that own what is rented in them. */
module dev.leasehold.memory.dsl {
  requires transitive dev.leasehold.memory.core;

  exports dev.leasehold.memory.dsl;
}
