@file:JvmSynthetic

package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped

/**
 * The struct in words: `Particle{x: float @0 +4, id: long @8 +8} 16 bytes, alignment 8`, with the offset of each field
 * behind the `@` and its size behind the `+`.
 */
internal fun textOf(form: StructForm): String =
    "${form.fieldText()} ${bytes(form.byteSize)}, alignment ${grouped(form.alignment)}"

private fun StructForm.fieldText(): String =
    (fields.map { "${nameOf(it)}: ${placeText(it)}" } + bits.map { "${nameOf(it)}: ${bitText(it)}" })
        .joinToString(prefix = "$name{", postfix = "}")

/** The type and the place of a field: `float[8] @20 +32`. */
internal fun placeText(field: FieldForm): String =
    "${typeText(field.kind, field.count, field.nested)} @${field.offset} +${field.byteSize}"

internal fun typeText(kind: FieldKind, count: Int, nested: StructForm?): String =
    (nested?.fieldText() ?: kind.word) + if (count > 0) "[$count]" else ""

private fun StructForm.bitText(bits: BitForm): String {
    val first = firstBitIn(bits.key)
    val width = widthIn(bits.key)
    val places = if (width == 1) "bit $first" else "bits $first to ${first + width - 1}"
    return "$places of ${nameOf(bits.word)}"
}
