/** The figures of pools, managers and budgets as Micrometer's meters. */
module dev.leasehold.memory.micrometer {
  requires transitive dev.leasehold.memory.core;
  requires transitive micrometer.core;

  exports dev.leasehold.memory.micrometer;
}
