/** Buffers in the memory of OpenCL and CUDA devices, under the same budgets, figures and leak reports. */
module dev.leasehold.memory.device {
  requires transitive dev.leasehold.memory.core;
  requires transitive kotlinx.coroutines.core;

  exports dev.leasehold.memory.device;
  exports dev.leasehold.memory.device.unsafe;
}
