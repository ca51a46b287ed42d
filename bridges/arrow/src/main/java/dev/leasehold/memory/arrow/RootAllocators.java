package dev.leasehold.memory.arrow;

import org.apache.arrow.memory.AllocationManager;
import org.apache.arrow.memory.RootAllocator;

/** Makes allocators with a configuration of Arrow's, whose types are not public: Java reaches them, and Kotlin does not. */
final class RootAllocators {
  private RootAllocators() {}

  /** An allocator of at most {@code limit} bytes on the memory of {@code factory}. */
  static RootAllocator on(AllocationManager.Factory factory, long limit) {
    return new RootAllocator(
        RootAllocator.configBuilder().allocationManagerFactory(factory).maxAllocation(limit).build());
  }
}
