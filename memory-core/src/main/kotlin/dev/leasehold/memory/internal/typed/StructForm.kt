package dev.leasehold.memory.internal.typed

import java.lang.foreign.StructLayout

/** Makes the exception for a declaration that cannot be. */
internal fun interface FormRefusal {
    fun of(message: String): RuntimeException
}

/**
 * How a struct lies in memory. It grows field by field, in order, until its first use, and stays as it is from then on.
 *
 * **Threads.** The one that declares the fields; once it is frozen, any.
 *
 * @param packed whether fields follow each other without padding
 */
internal class StructForm(private val packed: Boolean, private val refusal: FormRefusal) {
    private val declaredFields = ArrayList<FieldForm>()
    private val declaredBits = ArrayList<BitForm>()
    private var end = 0L
    private var widest = 1L
    private var found: Lazy<Map<Long, String>> = lazyOf(emptyMap())

    /** What messages and texts call the struct. */
    var name: String = ""
        private set

    @Volatile
    var isFrozen: Boolean = false
        private set

    /** The fields that hold data, in order. */
    val fields: List<FieldForm> get() = declaredFields

    /** The flags and numbers of a few bits that are parts of those. */
    val bits: List<BitForm> get() = declaredBits

    /** How many bytes it has, the padding behind its last field included. */
    val byteSize: Long get() = roundUp(end, widest)

    /** What its address must be a multiple of. */
    val alignment: Long get() = widest

    /** What there is to copy, the structs in it taken apart. */
    val leaves: List<Leaf> by lazy { leavesOf(this, 0) }

    // ---- declaration ----

    /** Says what comes before the first field. */
    fun begin(name: String, alignment: Long) {
        this.name = name
        requireAlignment(alignment)
        widest = alignment
    }

    /** Appends one value of a primitive [kind] and returns its key. */
    @IgnorableReturnValue
    fun value(kind: FieldKind, name: String?): Long = append(name, kind, 0, null).key

    /** Appends [count] values of a primitive [kind], or text of that many bytes. */
    @IgnorableReturnValue
    fun array(kind: FieldKind, name: String?, count: Int): Long {
        requireCount(count)
        return append(name, kind, count, null).key
    }

    /** Appends the struct [nested], which is frozen. */
    @IgnorableReturnValue
    fun struct(nested: StructForm, name: String?): Long {
        requireOther(nested)
        return append(name, FieldKind.STRUCT, 0, nested).key
    }

    /** Appends [count] of the struct [nested], which is frozen. */
    @IgnorableReturnValue
    fun structs(nested: StructForm, name: String?, count: Int): Long {
        requireOther(nested)
        requireCount(count)
        if (count > MOST_ELEMENTS || nested.byteSize > MOST_ELEMENTS) {
            refuse(FormMessages.tooManyStructs(this, nested, count))
        }
        return append(name, FieldKind.STRUCT, count, nested).key
    }

    /** Gives a name to [width] bits of the word at [offset], from bit [first] on, or from the next free one if null. */
    fun bits(offset: Long, name: String?, width: Int, first: Int?): Long {
        requireUnused()
        requireName(name)
        val word = declaredFields.find { it.offset == offset && it.isWord }
            ?: refuse(FormMessages.noWord(this, offset))
        val wordBits = word.byteSize.toInt() * Byte.SIZE_BITS
        val used = declaredBits.filter { it.word === word }.fold(0L) { mask, bits -> mask or bits.mask }
        val start = first ?: (Long.SIZE_BITS - used.countLeadingZeroBits())
        if (width < 1 || width >= Int.SIZE_BITS || start < 0 || start > wordBits - width) {
            refuse(FormMessages.bitsOutside(this, width, start, wordBits))
        }
        val key = bitsKey(offset, start, width, word.byteSize.countTrailingZeroBits())
        val bits = BitForm(name, word, key)
        if (used and bits.mask != 0L) refuse(FormMessages.bitsTaken(this, width, start))
        declaredBits += bits
        return key
    }

    /** Leaves [bytes] bytes free. */
    fun pad(bytes: Long) {
        requireUnused()
        if (bytes < 1) refuse(FormMessages.padding(this, bytes))
        requireRoom(end, bytes)
        end += bytes
    }

    /** Lets the next field begin at a multiple of [alignment], and the struct with it. */
    fun align(alignment: Long) {
        requireUnused()
        requireAlignment(alignment)
        val next = roundUp(end, alignment)
        requireRoom(next, 0)
        end = next
        widest = maxOf(widest, alignment)
    }

    private fun append(name: String?, kind: FieldKind, count: Int, nested: StructForm?): FieldForm {
        requireUnused()
        requireName(name)
        val alignment = if (packed) 1 else nested?.alignment ?: kind.bytes
        val field = FieldForm(name, kind, roundUp(end, alignment), count, nested)
        requireRoom(field.offset, field.byteSize)
        declaredFields += field
        end = field.offset + field.byteSize
        widest = maxOf(widest, alignment)
        return field
    }

    // ---- use ----

    /** Ends the declaration, if it has not ended; [names] finds, by key, the names that were not given. */
    @Synchronized
    fun freeze(names: () -> Map<Long, String>) {
        if (isFrozen) return
        if (declaredFields.isEmpty()) refuse(FormMessages.empty(this))
        requireRoom(byteSize, 0)
        found = lazy(names)
        isFrozen = true
    }

    /** All of it in one line as far as it is declared, which this does not end; [names] are as for [freeze]. */
    @Synchronized
    fun textSoFar(names: () -> Map<Long, String>): String {
        if (isFrozen) return text
        val before = found
        found = lazy(names)
        try {
            return text
        } finally {
            found = before
        }
    }

    /** What [field] is called: the name that was given or found, else its place, as `#2`. */
    fun nameOf(field: FieldForm): String =
        field.givenName ?: found.value[field.key] ?: "#${declaredFields.indexOf(field) + 1}"

    fun nameOf(bits: BitForm): String =
        bits.givenName ?: found.value[bits.key] ?: "#${declaredFields.size + declaredBits.indexOf(bits) + 1}"

    /** What the [path] leads to: names of fields with dots between them, an index behind one that is an array. */
    fun find(path: String): FoundField {
        var form = this
        var offset = 0L
        val steps = path.split('.')
        for ((place, step) in steps.withIndex()) {
            val field = form.fieldAt(step)
            val index = indexIn(step, field)
            offset += field.offset + maxOf(index, 0) * field.unit
            val count = if (index < 0) field.count else 0
            if (place == steps.lastIndex) return FoundField(field.kind, offset, count, field.nested)
            if (field.nested == null || count > 0) refuse(FormMessages.noStruct(form, step, path))
            form = field.nested
        }
        error("A path has at least one step")
    }

    /** The offset of the one value of [kind] that the [path] leads to. */
    fun valueAt(path: String, kind: FieldKind): Long {
        val found = find(path)
        if (found.kind == kind && found.count == 0) return found.offset
        refuse(FormMessages.wrongKind(this, path, kind.word, found))
    }

    /** The key of the array of [kind] that the [path] leads to. */
    fun arrayAt(path: String, kind: FieldKind): Long {
        val found = find(path)
        if (found.kind == kind && found.count > 0) return arrayKey(found.offset, found.count.toLong())
        refuse(FormMessages.wrongKind(this, path, "${kind.word}[]", found))
    }

    /** All of it in one line. */
    val text: String get() = textOf(this)

    /** The same as a layout of the platform; no member asks for a greater alignment than [most]. */
    @JvmOverloads
    fun toStructLayout(most: Long = alignment): StructLayout = layoutOf(this, most)

    private fun fieldAt(step: String): FieldForm {
        val wanted = step.substringBefore('[')
        return declaredFields.find { nameOf(it) == wanted } ?: refuse(FormMessages.noField(this, wanted))
    }

    // -1 where there is none.
    private fun indexIn(step: String, field: FieldForm): Int {
        if ('[' !in step) return -1
        val index = step.substringAfter('[').removeSuffix("]").toIntOrNull() ?: -1
        if (index in 0..<field.count && field.kind != FieldKind.TEXT) return index
        refuse(FormMessages.noElement(this, step, field))
    }

    // ---- refusals ----

    private fun requireUnused() {
        if (isFrozen) refuse(FormMessages.inUse(this))
    }

    private fun requireName(name: String?) {
        if (name == null) return
        if (name.isEmpty() || name.any { it in ".[]" }) refuse(FormMessages.wrongName(this, name))
        if (declaredFields.any { it.givenName == name } || declaredBits.any { it.givenName == name }) {
            refuse(FormMessages.sameName(this, name))
        }
    }

    private fun requireCount(count: Int) {
        if (count < 1) refuse(FormMessages.noElements(this, count))
    }

    private fun requireOther(nested: StructForm) {
        if (nested === this) refuse(FormMessages.itself(this))
    }

    private fun requireAlignment(alignment: Long) {
        if (alignment < 1 || alignment > MOST_ALIGNMENT || alignment and (alignment - 1) != 0L) {
            refuse(FormMessages.alignment(this, alignment, MOST_ALIGNMENT))
        }
    }

    private fun requireRoom(offset: Long, bytes: Long) {
        if (offset <= MOST_BYTES - bytes) return
        refuse(FormMessages.tooLarge(this, if (bytes > MOST_BYTES) bytes else offset + bytes))
    }

    private fun refuse(message: String): Nothing = throw refusal.of(message)

    private companion object {
        const val MOST_ALIGNMENT = 1L shl 16

        fun roundUp(offset: Long, alignment: Long): Long = offset + alignment - 1 and -alignment

        fun leavesOf(form: StructForm, base: Long): List<Leaf> = form.fields.flatMap { field ->
            val start = base + field.offset
            when {
                field.kind == FieldKind.TEXT -> listOf(Leaf(start, field.byteSize, 1))
                field.nested == null -> listOf(Leaf(start, field.unit, maxOf(field.count, 1)))
                else -> (0..<maxOf(field.count, 1)).flatMap { leavesOf(field.nested, start + it * field.unit) }
            }
        }
    }
}
