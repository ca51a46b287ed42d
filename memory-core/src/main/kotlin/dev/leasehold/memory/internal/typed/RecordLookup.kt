package dev.leasehold.memory.internal.typed

import java.lang.invoke.MethodHandle
import java.lang.invoke.MethodHandles
import java.lang.invoke.MethodType
import java.lang.reflect.Method

/**
 * The right to look into a record. A class of its own, because the compiler of Kotlin does not find a nested class of
 * the platform that it meets in a Java source.
 */
internal class RecordLookup(private val lookup: MethodHandles.Lookup) {
    @Throws(IllegalAccessException::class, NoSuchMethodException::class)
    fun constructor(type: Class<*>, parameters: List<Class<*>>): MethodHandle =
        lookup.findConstructor(type, MethodType.methodType(Void.TYPE, parameters))

    @Throws(IllegalAccessException::class)
    fun accessor(method: Method): MethodHandle = lookup.unreflect(method)

    override fun toString(): String = lookup.toString()
}
