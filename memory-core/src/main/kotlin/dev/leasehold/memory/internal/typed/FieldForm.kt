package dev.leasehold.memory.internal.typed

/**
 * One field of a struct.
 *
 * @property givenName the name that the declaration gave; null when it is to be found
 * @property offset where it begins, in bytes from the struct's start
 * @property count how many values it has, of text how many bytes; 0 when it is one value and no array
 * @property nested the struct that its values are; null when they are primitives or text
 */
internal class FieldForm(
    val givenName: String?,
    val kind: FieldKind,
    val offset: Long,
    val count: Int,
    val nested: StructForm?,
) {
    /** How many bytes one value has. */
    val unit: Long = nested?.byteSize ?: kind.bytes

    /** How many bytes the field has. */
    val byteSize: Long get() = unit * maxOf(count, 1)

    /** Whether its bits can have names of their own. */
    val isWord: Boolean get() = count == 0 && kind in WORDS

    /** The field in one number; see FieldKeys. */
    val key: Long
        get() = when {
            nested != null && count > 0 -> structArrayKey(offset, unit, count.toLong())
            nested != null -> structKey(offset, unit)
            count > 0 -> arrayKey(offset, count.toLong())
            else -> offset
        }

    private companion object {
        val WORDS = setOf(FieldKind.BYTE, FieldKind.SHORT, FieldKind.INT, FieldKind.LONG)
    }
}

/**
 * Some bits of a [word], which is a field of its own.
 *
 * @property key the bits in one number; see FieldKeys
 */
internal class BitForm(val givenName: String?, val word: FieldForm, val key: Long) {
    /** The bits' places in the word, as ones. */
    val mask: Long get() = maskOf(widthIn(key)) shl firstBitIn(key)
}

/**
 * What a path such as `position.y` or `trail[3]` leads to.
 *
 * @property offset in bytes from the start of the struct that the path begins in
 * @property count how many values there are; 0 when it is one value and no array
 */
internal class FoundField(val kind: FieldKind, val offset: Long, val count: Int, val nested: StructForm?)

/**
 * [count] primitives or texts of [width] bytes each, one behind the other from [offset] on: what a struct comes down to
 * when it is taken apart.
 */
internal class Leaf(val offset: Long, val width: Long, val count: Int)
