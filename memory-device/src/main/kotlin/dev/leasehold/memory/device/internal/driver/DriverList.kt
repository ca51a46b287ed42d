package dev.leasehold.memory.device.internal.driver

import java.lang.foreign.Arena
import java.lang.foreign.SymbolLookup

/** What was found of drivers and devices, and why others were not. For one thread. */
internal class DriverList {
    private val found = ArrayList<DeviceDriver>()
    private val missing = LinkedHashSet<String>()

    val drivers: List<DeviceDriver> get() = found

    /** Why drivers or devices cannot be used, a sentence each. */
    val reasons: List<String> get() = missing.toList()

    operator fun plusAssign(driver: DeviceDriver) {
        found += driver
    }

    /** Runs [look]; when what it looks for cannot be used, that is a reason. */
    inline fun attempt(api: String, look: () -> Unit) {
        try {
            look()
        } catch (unusable: DriverUnusableException) {
            missing += "$api: ${unusable.message}"
        }
    }

    /** The first library of [names] that the system has, for good, after [prepare]; null, with a reason, when none. */
    fun library(api: String, names: List<String>, prepare: () -> Unit = {}): SymbolLookup? {
        if (!DriverList::class.java.module.isNativeAccessEnabled) {
            missing += "$api: native access is not enabled: start Java with --enable-native-access=ALL-UNNAMED (or " +
                "=dev.leasehold.memory.device on the module path)"
            return null
        }
        for (name in names) {
            try {
                prepare()
                return SymbolLookup.libraryLookup(name, Arena.global())
            } catch (_: IllegalArgumentException) {
                // The next name.
                continue
            }
        }
        missing += "$api: the system has none of the libraries ${names.joinToString()}"
        return null
    }
}
