package dev.leasehold.testing

import com.tngtech.archunit.core.domain.JavaClass

/**
 * A room of the house and the floor it is on: a class may use rooms of its own floor and of those below.
 *
 * @property name what messages call it
 * @property floor 0 is the ground
 */
public data class Room(val name: String, val floor: Int)

/**
 * Which class is in which room, by package, and in the root package also by name: the ground floor (segments and errors) and
 * the pools share that package, because users import both from one place.
 *
 * @property root the library's root package; a test of the rules themselves gives another
 */
public class FloorPlan(public val root: String) {
    private val neighbours = root.substringBeforeLast('.')

    /** The room of [type], or null when it is none of the house's classes. */
    public fun roomOf(type: JavaClass): Room? {
        val name = type.packageName
        return when {
            name == root -> if (POOL.matches(type.outermostName())) POOLS else GROUND
            name.startsWith("$root.") -> roomOfPackage(name.removePrefix("$root."))
            name.startsWith("$neighbours.") -> USERS
            else -> null
        }
    }

    /** Whether [type] is behind the library's public face. */
    public fun isInternal(type: JavaClass): Boolean = "${type.packageName}.".startsWith("$root.internal.")

    private fun roomOfPackage(relative: String): Room {
        val (first, second) = (relative.split('.') + "").take(2)
        return when (first) {
            "internal" -> INTERNAL[second] ?: POOLS

            else -> PUBLIC[first]
                ?: throw AssertionError("$root.$first has no room in the house: give it one in FloorPlan")
        }
    }

    private fun JavaClass.outermostName(): String = name.substringAfterLast('.').substringBefore('$')

    private companion object {
        val GROUND = Room("ground floor", 0)
        val POOLS = Room("pools", 3)

        /** Samples, benchmarks and stress tests live on top of everything. */
        val USERS = Room("users", 9)

        /** Any other internal package is machinery of the pools. */
        val SLAB = Room("slab", 2)
        val INTERNAL = mapOf(
            "access" to GROUND,
            "spi" to GROUND,
            "platform" to Room("platform", 0),
            "budget" to Room("budget", 1),
            "block" to SLAB,
            "store" to SLAB,
            "epoch" to SLAB,
            "cache" to SLAB,
            "engine" to SLAB,
        )
        val PUBLIC = mapOf(
            "typed" to Room("typed", 4),
            "mapped" to Room("mapped", 4),
            "permanent" to Room("permanent", 4),
            "unsafe" to Room("unsafe", 4),
            "dsl" to Room("dsl", 5),
            "coroutines" to Room("coroutines", 6),
            // On top of the library, although it is part of the core: it is told what happens, and never asked.
            "diagnostics" to Room("diagnostics", 7),
        )
        val POOL = Regex(
            "(?!.*Exception$)(Memory(Kt|Manager.*|Budget.*)?|(Shared)?Lease.*|Block.*|Budget.*|(System)?Manager.*|" +
                "SystemMemoryManager|Page.*|Pool.*|Rent.*|Hygiene.*|SoftLimit.*|.*Pool(Kt)?)",
        )
    }
}
