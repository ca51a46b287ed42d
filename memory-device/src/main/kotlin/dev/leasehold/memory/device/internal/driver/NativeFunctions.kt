package dev.leasehold.memory.device.internal.driver

import java.lang.foreign.FunctionDescriptor
import java.lang.foreign.Linker
import java.lang.foreign.MemoryLayout
import java.lang.foreign.SymbolLookup
import java.lang.invoke.MethodHandle

/** The functions of one driver's library, [name] in messages. */
internal class NativeFunctions(val name: String, private val symbols: SymbolLookup) {
    private val linker = Linker.nativeLinker()

    /**
     * The function [function], which returns [result] (nothing, if null) and takes [parameters].
     *
     * @throws DriverUnusableException when the library does not have it
     */
    fun function(function: String, result: MemoryLayout?, vararg parameters: MemoryLayout): MethodHandle =
        functionOrNull(function, result, *parameters) ?: throw DriverUnusableException(
            "$name has no function $function, so it is older than what this library needs, or damaged: install the " +
                "driver anew",
        )

    /** [function], or null when the library does not have it. */
    fun functionOrNull(function: String, result: MemoryLayout?, vararg parameters: MemoryLayout): MethodHandle? {
        val address = symbols.find(function).orElse(null) ?: return null
        val shape = if (result == null) {
            FunctionDescriptor.ofVoid(*parameters)
        } else {
            FunctionDescriptor.of(result, *parameters)
        }
        return linker.downcallHandle(address, shape)
    }
}

/** A driver, or one device of it, cannot be used; the message says why, and [reason][DriverList.reasons] shows it. */
internal class DriverUnusableException(message: String) : RuntimeException(message)
