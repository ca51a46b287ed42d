/** What users put into their tests. */
module dev.leasehold.memory.testing {
  requires transitive dev.leasehold.memory.core;

  // Each for those who test with it.
  requires static kotest.framework.engine.jvm;
  requires static kotlinx.coroutines.core;
  requires static org.junit.jupiter.api;

  exports dev.leasehold.memory.testing;
}
