package dev.leasehold.memory.internal.typed

import java.lang.reflect.Field
import java.lang.reflect.Method
import java.lang.reflect.Modifier

/**
 * The names of a struct's fields, where the declaration gave none.
 *
 * The compiler makes a private final field of type `long` out of `val x = float()`, and an accessor whose name has a
 * `-` in it. The number in it is the field's key, and no two fields of a struct have the same, so the value tells which
 * is which whatever the order is. What cannot be read, because it is private in a package that is not open to this
 * module, stays without a name.
 */
internal object FieldNames {
    /** The names by key in the class of [struct] and those above it, up to [top], which is none of them. */
    fun of(struct: Any, top: Class<*>): Map<Long, String> {
        val names = HashMap<Long, String>()
        var type: Class<*>? = struct.javaClass
        while (type != null && type != top) {
            for ((field, accessor) in candidates(type)) {
                val key = valueOf(field, accessor, struct)
                if (key != null) names.putIfAbsent(key, field.name)
            }
            type = type.superclass
        }
        return names
    }

    // Plain numbers that a struct keeps for itself look alike, so those come last that no accessor shows to be a field.
    private fun candidates(type: Class<*>): List<Pair<Field, Method?>> {
        val accessors = type.declaredMethods.filter { '-' in it.name && it.parameterCount == 0 }
            .associateBy { it.name.substringBefore('-') }
        return type.declaredFields
            .filter { it.type == Long::class.javaPrimitiveType && it.modifiers and OWN == OWN }
            .map { it to accessors[accessorOf(it)] }
            .sortedBy { (_, accessor) -> if (accessor == null) 1 else 0 }
    }

    private fun accessorOf(field: Field): String =
        if (IS.matchesAt(field.name, 0)) field.name else "get" + field.name.replaceFirstChar(Char::uppercaseChar)

    private fun valueOf(field: Field, accessor: Method?, struct: Any): Long? = try {
        when {
            field.trySetAccessible() -> field.getLong(struct)
            accessor != null && accessor.trySetAccessible() -> accessor.invoke(struct) as? Long
            else -> null
        }
    } catch (_: ReflectiveOperationException) {
        null
    }

    private const val OWN = Modifier.PRIVATE or Modifier.FINAL
    private val IS = Regex("is[^a-z]")
}
