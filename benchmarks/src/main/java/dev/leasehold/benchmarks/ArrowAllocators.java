package dev.leasehold.benchmarks;

import org.apache.arrow.memory.AllocationManager;
import org.apache.arrow.memory.RootAllocator;

/** Makes allocators with a configuration of Arrow's, whose types are not public: Java reaches them, and Kotlin does not. */
final class ArrowAllocators {
  private ArrowAllocators() {}

  static RootAllocator on(AllocationManager.Factory factory) {
    return new RootAllocator(RootAllocator.configBuilder().allocationManagerFactory(factory).build());
  }
}
