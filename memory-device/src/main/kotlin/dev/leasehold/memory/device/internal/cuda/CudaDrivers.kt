package dev.leasehold.memory.device.internal.cuda

import dev.leasehold.memory.device.internal.driver.DriverList
import dev.leasehold.memory.device.internal.driver.DriverUnusableException
import dev.leasehold.memory.device.internal.driver.NativeFunctions
import java.lang.foreign.Arena
import java.lang.foreign.SymbolLookup
import java.lang.foreign.ValueLayout.JAVA_INT

/** Finds the devices of the CUDA driver of this machine. */
internal object CudaDrivers {
    private val LIBRARIES = listOf("libcuda.so.1", "nvcuda.dll")

    // 11.0: the oldest that all functions were looked up for.
    private const val OLDEST_VERSION = 11_000
    private const val MAJOR = 1000
    private const val MINOR = 10

    /** Adds to [found] all devices that can be used, and why others cannot. */
    fun find(found: DriverList) {
        val symbols = found.library("CUDA", LIBRARIES) ?: return
        find(found, symbols)
    }

    /** [find], in the library of [symbols]. */
    fun find(found: DriverList, symbols: SymbolLookup) {
        found.attempt("CUDA") {
            val functions = CudaFunctions(NativeFunctions("the CUDA driver", symbols))
            val errors = CudaErrors(functions)
            require(functions.init(0), errors, "cuInit")
            val version = number(errors, "cuDriverGetVersion") { functions.driverVersion(it) }
            val shown = "${version / MAJOR}.${version % MAJOR / MINOR}"
            if (version < OLDEST_VERSION) {
                throw DriverUnusableException(
                    "the driver has the version $shown, and 11.0 is the oldest that can be used: install a newer " +
                        "driver",
                )
            }
            val count = number(errors, "cuDeviceGetCount") { functions.deviceCount(it) }
            if (count == 0) throw DriverUnusableException("the driver knows of no device")
            for (ordinal in 0 until count) {
                found.attempt("CUDA") {
                    val device = number(errors, "cuDeviceGet") { functions.device(it, ordinal) }
                    found += CudaDevice(functions, errors, device, "CUDA $shown")
                }
            }
        }
    }

    private inline fun number(errors: CudaErrors, what: String, get: (java.lang.foreign.MemorySegment) -> Int): Int =
        Arena.ofConfined().use { arena ->
            val value = arena.allocate(JAVA_INT)
            require(get(value), errors, what)
            value.get(JAVA_INT, 0)
        }

    private fun require(code: Int, errors: CudaErrors, what: String) {
        if (code != CudaErrors.SUCCESS) throw DriverUnusableException("$what failed with ${errors.describe(code)}")
    }
}

/** The errors of CUDA. */
internal class CudaErrors(private val functions: CudaFunctions) {
    /** The name of [code] as the driver has it, and its number. */
    fun describe(code: Int): String = Arena.ofConfined().use { arena ->
        val name = arena.allocate(java.lang.foreign.ValueLayout.ADDRESS)
        if (functions.errorName(code, name) != SUCCESS) return "the error $code"
        val text = name.get(java.lang.foreign.ValueLayout.ADDRESS, 0)
        "${text.reinterpret(MOST_NAME).getString(0)} ($code)"
    }

    companion object {
        const val SUCCESS = 0
        private const val OUT_OF_MEMORY = 2
        private const val MOST_NAME = 256L

        // The driver has shut down, an error of a kernel or of the hardware has ended the context, or it was destroyed.
        private val LOSSES = setOf(4, 46, 201, 214, 220, 226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719)

        /** Whether [code] says that there is no memory. */
        fun isRefusal(code: Int): Boolean = code == OUT_OF_MEMORY

        /** Whether [code] says that the context has gone, with all that was in it. */
        fun isLoss(code: Int): Boolean = code in LOSSES
    }
}
