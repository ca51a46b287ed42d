package dev.leasehold.memory.device.internal.opencl

import dev.leasehold.memory.device.internal.driver.DriverList
import dev.leasehold.memory.device.internal.driver.DriverUnusableException
import dev.leasehold.memory.device.internal.driver.NativeFunctions
import java.lang.foreign.SymbolLookup

/** Finds the devices of all OpenCL drivers of this machine. */
internal object OpenClDrivers {
    private const val PLATFORM_VERSION = 0x0901
    private const val PLATFORM_NAME = 0x0902

    // Of the loader of the system's installable drivers.
    private val LIBRARIES = listOf("libOpenCL.so.1", "libOpenCL.so", "OpenCL.dll", "OpenCL")

    /** Adds to [found] all devices that can be used, and why others cannot. */
    fun find(found: DriverList) {
        val symbols = found.library("OpenCL", LIBRARIES) { SignalHandlers.keepFromPocl() } ?: return
        find(found, symbols)
    }

    /** [find], in the library of [symbols]. */
    fun find(found: DriverList, symbols: SymbolLookup) {
        found.attempt("OpenCL") {
            val openCl = OpenCl(OpenClFunctions(NativeFunctions("the OpenCL loader", symbols)))
            val platforms = openCl.platforms()
            if (platforms.isEmpty()) {
                throw DriverUnusableException("the loader knows of no driver: install one, such as pocl-opencl-icd")
            }
            for (platform in platforms) found.attempt("OpenCL") { findIn(openCl, platform, found) }
        }
    }

    private fun findIn(openCl: OpenCl, platform: Long, found: DriverList) {
        val name = openCl.platformText(platform, PLATFORM_NAME)
        val version = openCl.platformText(platform, PLATFORM_VERSION)
        if (!isNewEnough(version)) {
            throw DriverUnusableException(
                "the driver $name has the version '$version', and OpenCL 1.2 is the oldest that can be used: install " +
                    "a newer driver",
            )
        }
        for (device in openCl.devices(platform)) {
            found.attempt("OpenCL") { found += OpenClDevice(openCl, platform, device, "$name, $version") }
        }
    }

    /** Whether [version], as OpenCL writes it, is 1.2 or newer. */
    private fun isNewEnough(version: String): Boolean {
        val numbers = VERSION.find(version) ?: return false
        val (major, minor) = numbers.destructured
        return major.toInt() > 1 || (major.toInt() == 1 && minor.toInt() >= 2)
    }

    private val VERSION = Regex("^OpenCL (\\d{1,4})\\.(\\d{1,4})")
}
