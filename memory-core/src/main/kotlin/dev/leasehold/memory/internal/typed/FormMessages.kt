package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped

/** What is said to a declaration that cannot be, and of a field that is not there. */
internal object FormMessages {
    fun empty(form: StructForm): String = "${form.name} has no fields: declare at least one before its first use"

    fun inUse(form: StructForm): String = "${form.name} is in use, so its layout is settled: declare all of its " +
        "fields before its first use, and let no two structs contain each other"

    fun itself(form: StructForm): String = "${form.name} cannot contain itself"

    fun wrongName(form: StructForm, name: String): String =
        "'$name' cannot be the name of a field of ${form.name}: take one without dots and brackets, which paths use"

    fun sameName(form: StructForm, name: String): String = "${form.name} has a field '$name' already"

    fun noElements(form: StructForm, count: Int): String =
        "A fixed array or a text in ${form.name} needs at least one element, not ${grouped(count.toLong())}"

    fun padding(form: StructForm, bytes: Long): String =
        "Padding in ${form.name} needs at least one byte, not ${grouped(bytes)}"

    fun alignment(form: StructForm, alignment: Long, most: Long): String =
        "${grouped(alignment)} cannot be an alignment in ${form.name}: take a power of two from 1 to ${grouped(most)}"

    fun tooLarge(form: StructForm, size: Long): String = "${form.name} would have ${bytes(size)}, and a struct can " +
        "have ${bytes(MOST_BYTES)}: keep large arrays outside of structs"

    fun tooManyStructs(form: StructForm, nested: StructForm, count: Int): String =
        "${form.name} cannot have a fixed array of ${grouped(count.toLong())} ${nested.name} of " +
            "${bytes(nested.byteSize)}: at most ${grouped(MOST_ELEMENTS)} of at most ${bytes(MOST_ELEMENTS)} can be"

    fun noWord(form: StructForm, offset: Long): String = "${form.name} has no byte, short, int or long of its own at " +
        "offset ${grouped(offset)} whose bits could be fields"

    fun bitsOutside(form: StructForm, width: Int, first: Int, wordBits: Int): String =
        "${counted(width.toLong(), "bit")} from bit $first on cannot be a field of ${form.name}: the word has " +
            "$wordBits bits, and a field takes 1 to ${Int.SIZE_BITS - 1} of them"

    fun bitsTaken(form: StructForm, width: Int, first: Int): String =
        "${counted(width.toLong(), "bit")} from bit $first on cannot be a field of ${form.name}: another field has " +
            "some of them"

    fun noField(form: StructForm, name: String): String =
        "${form.name} has no field '$name': it has ${form.fields.joinToString { form.nameOf(it) }}"

    fun noStruct(form: StructForm, step: String, path: String): String =
        "'$path' leads nowhere: '$step' of ${form.name} is no nested struct"

    fun noElement(form: StructForm, step: String, field: FieldForm): String =
        if (field.count == 0 || field.kind == FieldKind.TEXT) {
            "'$step' leads nowhere: '${form.nameOf(field)}' of ${form.name} is no array"
        } else {
            "'$step' leads nowhere: '${form.nameOf(field)}' of ${form.name} has elements 0 to " +
                grouped(field.count - 1L)
        }

    fun wrongKind(form: StructForm, path: String, wanted: String, found: FoundField): String =
        "'$path' of ${form.name} is ${typeText(found.kind, found.count, found.nested)}, not $wanted"

    fun different(form: StructForm, difference: String): String =
        "${form.name} and the given layout differ: $difference"
}
