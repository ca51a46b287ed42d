package dev.leasehold.memory.internal.budget

/** Memory that one place of the program holds, as messages name it. */
internal interface Holding {
    /** How many bytes. */
    val bytes: Long

    /** What, where it was taken and how long ago; with the pool or manager, where [withOwner]. */
    fun describe(withOwner: Boolean): String
}
