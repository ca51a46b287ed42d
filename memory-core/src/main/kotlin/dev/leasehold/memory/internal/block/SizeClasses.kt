package dev.leasehold.memory.internal.block

/**
 * The sizes that blocks come in.
 *
 * Below 64 bytes every multiple of 16, from 64 to 256 every multiple of 64, and from there four sizes to a doubling,
 * up to one mebibyte. A request takes the smallest block that holds it, so beyond rounding up to the alignment (16
 * below 64 bytes, 64 from there) never more than a fifth of a block is wasted: the worst case is one byte more than a
 * power of two, which takes a block of five quarters of it.
 *
 * Every size is a multiple of 64 from 64 bytes up, and a block lies at a multiple of its own size from the start of a
 * page, which gives each class its natural alignment: the largest power of two that divides its size, at most a page.
 */
internal object SizeClasses {
    /** What a slab and a limit are counted in at the least, in bytes. */
    const val PAGE: Long = 4096

    /** The largest block that is a class, in bytes; larger ones come from the system one by one. */
    const val LARGEST: Long = 1L shl 20

    private const val SMALL_STEP_SHIFT = 4
    private const val SMALL_LIMIT = 64L
    private const val LINE_SHIFT = 6
    private const val LINE_LIMIT = 256L
    private const val SMALL_CLASSES = 4 // 16, 32, 48, 64
    private const val LINE_CLASSES = 3 // 128, 192, 256
    private const val FIRST_QUARTERED_SHIFT = 8
    private const val BASE = SMALL_CLASSES + LINE_CLASSES

    /** How many classes there are. */
    const val COUNT: Int = BASE + 4 * 12

    private val sizes = LongArray(COUNT) { index ->
        when {
            index < SMALL_CLASSES -> (index + 1L) shl SMALL_STEP_SHIFT
            index < BASE -> (index - SMALL_CLASSES + 2L) shl LINE_SHIFT
            else -> quartered(index - BASE)
        }
    }

    private fun quartered(step: Int): Long {
        val doubling = LINE_LIMIT shl (step ushr 2)
        return doubling + (doubling ushr 2) * ((step and 3) + 1)
    }

    /** Whether there is a class for [size] bytes: from 1 to [LARGEST], in one comparison. */
    fun holds(size: Long): Boolean = java.lang.Long.compareUnsigned(size - 1, LARGEST) < 0

    /** What [indexOf] says where no class holds so much. As an index it fits where 64 do, and nothing lies there. */
    const val NONE: Int = 63

    // By the position of the highest bit of what is one less than the size, and the two bits that follow it. That way
    // the index of every size, also of one that has none, comes without a branch, of which compiled code has no end.
    private const val KEYS = 256
    private const val LEAST_SHIFT = 3
    private const val LEAST = 1L shl LEAST_SHIFT
    private val table = ByteArray(KEYS) { key ->
        val shift = key ushr 2
        val size = if (shift < LEAST_SHIFT) 1 else ((4L + (key and 3)) shl (shift - 2)) + 1
        (if (holds(size)) computedIndexOf(size) else NONE).toByte()
    }

    /** The class of the smallest block that holds [size] bytes, 1 to [LARGEST]; [NONE] for every other size. */
    fun indexOf(size: Long): Int {
        val last = size - 1 or LEAST
        val shift = 63 - java.lang.Long.numberOfLeadingZeros(last)
        return table[((shift shl 2) + ((last ushr (shift - 2)).toInt() and 3)) and (KEYS - 1)].toInt()
    }

    private fun computedIndexOf(size: Long): Int = when {
        size <= SMALL_LIMIT -> ((size + 15) ushr SMALL_STEP_SHIFT).toInt() - 1

        size <= LINE_LIMIT -> ((size + 63) ushr LINE_SHIFT).toInt() + SMALL_CLASSES - 2

        else -> {
            val last = size - 1
            val shift = 63 - java.lang.Long.numberOfLeadingZeros(last)
            BASE + ((shift - FIRST_QUARTERED_SHIFT) shl 2) + ((last ushr (shift - 2)).toInt() and 3)
        }
    }

    /** The class of the smallest block that holds [size] bytes and whose blocks all lie at multiples of [alignment]. */
    fun indexOf(size: Long, alignment: Long): Int {
        var index = indexOf(maxOf(size, alignment))
        while (sizes[index] and (alignment - 1) != 0L) index++
        return index
    }

    /** How many bytes a block of class [index] has. */
    fun sizeOf(index: Int): Long = sizes[index]
}
