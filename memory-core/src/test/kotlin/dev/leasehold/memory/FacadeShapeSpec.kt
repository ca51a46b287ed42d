package dev.leasehold.memory

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.shouldBe
import java.lang.reflect.Method
import java.lang.reflect.Modifier

class FacadeShapeSpec : FunSpec({
    fun visible(type: Class<*>): List<Method> = type.declaredMethods.filter {
        Modifier.isPublic(it.modifiers) && !it.isSynthetic && !it.isBridge
    }

    val facade = listOf(
        Class.forName("dev.leasehold.memory.Memory"),
        MemoryPool::class.java,
        FixedMemoryPool::class.java,
        PoolBuilder::class.java,
        Lease::class.java,
        SharedLease::class.java,
        PoolStatistics::class.java,
    )

    test("nothing that Java sees has a mangled name or a Kotlin function type or a value class") {
        val odd = facade.flatMap(::visible).filter { method ->
            val types = method.parameterTypes.toList() + method.returnType
            '-' in method.name || '$' in method.name ||
                types.any { it.name.startsWith("kotlin.") || it == Segment::class.java }
        }
        odd.map { "${it.declaringClass.simpleName}.${it.name}" } shouldBe emptyList()
    }

    test("the verbs are static methods of Memory") {
        val statics = visible(facade.first()).filter { Modifier.isStatic(it.modifiers) }.map { it.name }.toSet()
        statics shouldContainAll setOf("rent", "rentShared", "tryRent", "tryRentShared")
    }
})
