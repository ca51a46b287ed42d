package dev.leasehold.memory.device.support

import java.lang.foreign.Arena
import java.lang.foreign.FunctionDescriptor
import java.lang.foreign.Linker
import java.lang.foreign.MemoryLayout
import java.lang.foreign.MemorySegment
import java.lang.foreign.SymbolLookup
import java.lang.foreign.ValueLayout
import java.lang.invoke.MethodHandles
import java.lang.reflect.Method
import java.lang.reflect.Modifier
import java.util.Optional

/**
 * A driver's library in Kotlin: each public function of [library] is one of C with the same name. What it throws ends
 * the JVM, as a fault in a library would.
 *
 * @param without the functions that this library does not have
 */
class ScriptedLibrary(library: Any, private val without: Set<String> = emptySet()) : SymbolLookup {
    private val functions: Map<String, MemorySegment> =
        library.javaClass.methods.filter(::isOfC).associate { method ->
            val parameters = method.parameterTypes.map(::layout).toTypedArray<MemoryLayout>()
            val shape = if (method.returnType == Void.TYPE) {
                FunctionDescriptor.ofVoid(*parameters)
            } else {
                FunctionDescriptor.of(layout(method.returnType), *parameters)
            }
            val handle = MethodHandles.lookup().unreflect(method).bindTo(library)
            method.name to Linker.nativeLinker().upcallStub(handle, shape, Arena.global())
        }

    override fun find(name: String): Optional<MemorySegment> =
        if (name in without) Optional.empty() else Optional.ofNullable(functions[name])

    // As C's are, and no other function of Kotlin's.
    private fun isOfC(method: Method) = !Modifier.isStatic(method.modifiers) && NAME.containsMatchIn(method.name)

    private fun layout(type: Class<*>): MemoryLayout = when (type) {
        Int::class.javaPrimitiveType -> ValueLayout.JAVA_INT
        Long::class.javaPrimitiveType -> ValueLayout.JAVA_LONG
        Byte::class.javaPrimitiveType -> ValueLayout.JAVA_BYTE
        else -> ValueLayout.ADDRESS
    }

    private companion object {
        val NAME = Regex("^c[lu][A-Z]")
    }
}

/** Sets what an output parameter of C points to. */
fun MemorySegment.set(value: Int): Unit = reinterpret(4).set(ValueLayout.JAVA_INT, 0, value)

/** Sets what an output parameter of C points to. */
fun MemorySegment.set(value: Long): Unit = reinterpret(8).set(ValueLayout.JAVA_LONG, 0, value)

/** Writes [text] where C expects it, if there is [room]. */
fun MemorySegment.set(text: String, room: Long): Unit = reinterpret(room).setString(0, text)
