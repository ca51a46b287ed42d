@file:JvmSynthetic

package dev.leasehold.memory.internal.typed

import java.lang.foreign.AddressLayout
import java.lang.foreign.MemoryLayout
import java.lang.foreign.PaddingLayout
import java.lang.foreign.SequenceLayout
import java.lang.foreign.StructLayout
import java.lang.foreign.ValueLayout
import java.nio.ByteOrder

// To the platform's layouts and from them.

/** The struct [form] as a layout of the platform; no member asks for a greater alignment than [most]. */
internal fun layoutOf(form: StructForm, most: Long): StructLayout {
    val members = ArrayList<MemoryLayout>()
    var end = 0L
    fun padTo(offset: Long) {
        if (offset > end) members += MemoryLayout.paddingLayout(offset - end)
    }
    for (field in form.fields) {
        padTo(field.offset)
        // What the platform would refuse, and C does not have, is an offset that is no multiple of the alignment.
        val bound = if (field.offset == 0L) most else minOf(most, field.offset.takeLowestOneBit())
        members += field.toLayout(bound).withName(form.nameOf(field))
        end = field.offset + field.byteSize
    }
    padTo(form.byteSize)
    return MemoryLayout.structLayout(*members.toTypedArray())
        .withByteAlignment(minOf(form.alignment, most)).withName(form.name)
}

private fun FieldForm.toLayout(most: Long): MemoryLayout {
    val one = nested?.let { layoutOf(it, minOf(most, it.alignment, unit.takeLowestOneBit())) }
        ?: kind.layout!!.withByteAlignment(minOf(most, kind.bytes))
    return if (count > 0) MemoryLayout.sequenceLayout(count.toLong(), one) else one
}

/** The struct that [layout] describes, to be frozen yet. */
internal fun formOf(layout: StructLayout, refusal: FormRefusal): StructForm {
    // The padding is written in the layout, so nothing else must be between two fields.
    val form = StructForm(packed = true, refusal)
    form.begin(layout.name().orElse("struct"), layout.byteAlignment())
    for (member in layout.memberLayouts()) form.append(member, refusal)
    return form
}

private fun StructForm.append(member: MemoryLayout, refusal: FormRefusal) {
    val given = member.name().orElse(null)
    when (member) {
        is PaddingLayout -> pad(member.byteSize())

        is ValueLayout -> value(kindOf(member, refusal), given)

        is StructLayout -> struct(frozen(member, refusal), given)

        is SequenceLayout -> {
            val count = minOf(member.elementCount(), Int.MAX_VALUE.toLong()).toInt()
            when (val element = member.elementLayout()) {
                is ValueLayout -> array(kindOf(element, refusal), given, count)
                is StructLayout -> structs(frozen(element, refusal), given, count)
                else -> throw refusal.of("$name cannot have an array of $element: only of primitives and of structs")
            }
        }

        else -> throw refusal.of("$name cannot have the member $member: only primitives, structs and arrays of these")
    }
}

private fun frozen(layout: StructLayout, refusal: FormRefusal): StructForm =
    formOf(layout, refusal).also { it.freeze(::emptyMap) }

private fun kindOf(layout: ValueLayout, refusal: FormRefusal): FieldKind = when {
    layout is AddressLayout ->
        throw refusal.of("A struct cannot have the address $layout, which says nothing outside of its process")

    layout.byteSize() > 1 && layout.order() != ByteOrder.nativeOrder() ->
        throw refusal.of("A struct cannot have $layout: its fields are in native byte order")

    else -> FieldKind.of(layout.carrier())!!
}

/** The first thing in which [given] is another layout than this; null when it is the same. No name matches any. */
internal fun StructForm.differenceTo(given: StructForm): String? {
    if (fields.size != given.fields.size) {
        return "the one has ${fields.size} fields and the other ${given.fields.size}"
    }
    for ((own, other) in fields.zip(given.fields)) {
        val difference = differenceOf(own, other, given)
        if (difference != null) return difference
    }
    if (byteSize == given.byteSize) return null
    return "the one has $byteSize bytes and the other ${given.byteSize}"
}

private fun StructForm.differenceOf(own: FieldForm, other: FieldForm, given: StructForm): String? {
    val name = nameOf(own)
    if (other.givenName != null && other.givenName != name) {
        return "$name of the one is ${other.givenName} in the other"
    }
    val isSame = own.offset == other.offset && own.count == other.count && own.byteSize == other.byteSize &&
        (own.kind == other.kind || (own.kind == FieldKind.TEXT && other.kind == FieldKind.BYTE))
    if (!isSame) return "$name is ${placeText(own)} in the one and ${placeText(other)} in the other"
    return own.nested?.differenceTo(other.nested!!)?.let { "in $name of ${given.name}, $it" }
}
