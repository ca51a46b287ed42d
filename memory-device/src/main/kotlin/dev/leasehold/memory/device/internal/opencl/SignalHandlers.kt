package dev.leasehold.memory.device.internal.opencl

import java.lang.foreign.Arena
import java.lang.foreign.FunctionDescriptor
import java.lang.foreign.Linker
import java.lang.foreign.ValueLayout.ADDRESS
import java.lang.foreign.ValueLayout.JAVA_INT

/**
 * Keeps PoCL, a driver that runs on processors, from a signal handler that would break Java: it catches a division by
 * zero and goes on behind it, for all code of the process. The JVM finds `1 / 0` of compiled code by that very signal,
 * so there would be a wrong number in the place of an `ArithmeticException`.
 *
 * PoCL reads its settings, variables of the environment, when it is loaded. One that somebody has set stays.
 */
internal object SignalHandlers {
    private const val SETTING = "POCL_SIGFPE_HANDLER"

    fun keepFromPocl() {
        val linker = Linker.nativeLinker()
        // Where there is no such function, there is no PoCL.
        val address = linker.defaultLookup().find("setenv").orElse(null) ?: return
        val set = linker.downcallHandle(address, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT))
        Arena.ofConfined().use { arena ->
            val _ = set.invokeWithArguments(arena.allocateFrom(SETTING), arena.allocateFrom("0"), 0)
        }
    }
}
